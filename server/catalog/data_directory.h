// Opens the folder of everything that outlives the daemon: locks it, checks its format, makes its parts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/catalog/small_file.h"

namespace freshet {

// Holds the lock while it lives; the system drops it when the process ends, however it ends.
class DataDirectory {
 public:
  // The format that this release writes; others are refused.
  static constexpr int kFormatVersion = 2;

  // Makes the folder if it is not there. Errors: DATA_DIRECTORY_LOCKED with the pid of the other daemon,
  // DATA_DIRECTORY_VERSION, and what the disk says.
  static absl::StatusOr<std::unique_ptr<DataDirectory>> Open(const std::string& path, SmallFiles files = SmallFiles());
  ~DataDirectory();

  const std::string& path() const { return path_; }
  std::string catalog_folder() const { return path_ + "/catalog"; }
  // Sockets and locks of running processes: {path}/run, or a short name in the system's temporary folder where socket
  // paths would become too long.
  const std::string& run_folder() const { return run_folder_; }
  std::string endpoints_file() const { return path_ + "/endpoints.json"; }

  const std::string& uid() const { return uid_; }
  uint64_t hash_seed() const { return hash_seed_; }
  const SmallFiles& files() const { return files_; }

 private:
  DataDirectory(std::string path, SmallFiles files) : path_(std::move(path)), files_(std::move(files)) {}

  absl::Status Lock();
  absl::Status CheckVersion();
  absl::Status OpenInstance();
  absl::Status MakeRunFolder();

  const std::string path_;
  const SmallFiles files_;
  int lock_fd_ = -1;
  std::string run_folder_;
  std::string uid_;
  uint64_t hash_seed_ = 0;
};

// 128 random bits in hex.
std::string MakeUid();

}  // namespace freshet
