// A file that is open for reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace freshet {

class OpenFile {
 public:
  // Errors name the file.
  static absl::StatusOr<OpenFile> Open(const std::string& files_root, const std::string& relative_path);
  OpenFile() = default;
  OpenFile(OpenFile&& other) noexcept;
  OpenFile& operator=(OpenFile&& other) noexcept;
  ~OpenFile();

  bool is_open() const { return descriptor_ >= 0; }
  // Up to `size` bytes; fewer, down to none, only at the end of the file.
  absl::StatusOr<size_t> ReadAt(int64_t offset, char* out, size_t size) const;

 private:
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace freshet
