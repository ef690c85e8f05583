// Writes and reads small files so that a crash leaves the old content or the new one, never a part.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace freshet {

class SmallFiles {
 public:
  // Called before each step that changes the disk, with its name; tests end the process there.
  using StepHook = std::function<void(std::string_view)>;

  explicit SmallFiles(StepHook hook = nullptr) : hook_(std::move(hook)) {}
  // Nothing is synced: what is written survives the death of processes, not that of the machine.
  static SmallFiles WithoutSync() {
    SmallFiles files;
    files.sync_ = false;
    return files;
  }

  // Replaces the file: written beside it, synced, renamed over it, folder synced. The content carries a checksum.
  absl::Status Write(const std::string& path, std::string_view content) const;
  // NOT_FOUND: there is no such file. DATA_LOSS: it is not what was written.
  absl::StatusOr<std::string> Read(const std::string& path) const;

  absl::Status MakeFolder(const std::string& path) const;
  absl::Status Rename(const std::string& from, const std::string& to) const;
  absl::Status RemoveFile(const std::string& path) const;  // absent is fine
  absl::Status RemoveTree(const std::string& path) const;

 private:
  void Step(std::string_view name) const {
    if (hook_ != nullptr) hook_(name);
  }

  // Makes the names in the folder of `path` durable.
  absl::Status SyncFolderOf(const std::string& path) const;

  StepHook hook_;
  bool sync_ = true;
};

}  // namespace freshet
