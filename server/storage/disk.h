// The disk seam: what the durable parts of the server need of a file system, so that a simulation can lose and tear
// what was not synced.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace freshet {

// An open file. One thread at a time. A write is durable once a Sync that began after it has returned OK; until then a
// crash of the machine may leave any part of it, a crash of the process none or a prefix.
class DiskFile {
 public:
  virtual ~DiskFile() = default;

  // Writes all of it, also past the end. RESOURCE_EXHAUSTED: no room, a part may be written; else UNAVAILABLE. After an
  // error the range holds anything, and what is written later is durable only if it is written again from there on.
  virtual absl::Status Write(uint64_t offset, std::string_view bytes) = 0;
  // Up to `size` bytes; fewer only at the end of the file.
  virtual absl::StatusOr<std::string> Read(uint64_t offset, size_t size) const = 0;
  virtual absl::StatusOr<uint64_t> Size() const = 0;
  virtual absl::Status Truncate(uint64_t size) = 0;
  // Content and size; the name is made durable by Disk::SyncFolder.
  virtual absl::Status Sync() = 0;
};

// Held until it is destroyed or the process ends.
class DiskLock {
 public:
  virtual ~DiskLock() = default;
};

// Any thread. Errors name the path.
class Disk {
 public:
  enum class Mode : uint8_t { kRead, kWrite };  // kWrite reads too, and makes the file if it is not there

  virtual ~Disk() = default;

  // NOT_FOUND: kRead, and there is no such file.
  virtual absl::StatusOr<std::unique_ptr<DiskFile>> Open(const std::string& path, Mode mode) = 0;
  // The names in a folder, sorted. NOT_FOUND: there is no such folder.
  virtual absl::StatusOr<std::vector<std::string>> List(const std::string& folder) = 0;
  // Makes the folder and those above it; durable. It may be there already.
  virtual absl::Status MakeFolder(const std::string& path) = 0;
  // Replaces what is at `to`; durable after SyncFolder.
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  virtual absl::Status Remove(const std::string& path) = 0;  // absent is fine
  // Makes the names in a folder durable.
  virtual absl::Status SyncFolder(const std::string& path) = 0;
  // Takes the lock file at once, against other processes too. FAILED_PRECONDITION: another holds it.
  virtual absl::StatusOr<std::unique_ptr<DiskLock>> Lock(const std::string& path) = 0;
};

}  // namespace freshet
