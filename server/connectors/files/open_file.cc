#include "server/connectors/files/open_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

absl::Status ReadError(const std::string& path, int error) {
  ErrorCode code = error == EACCES || error == EPERM ? ErrorCode::kFileUnreadable : ErrorCode::kSourceUnreachable;
  return MakeError(code, StrCat("cannot read ", path, ": ", std::strerror(error)));
}

}  // namespace

absl::StatusOr<OpenFile> OpenFile::Open(const std::string& files_root, const std::string& relative_path) {
  OpenFile file;
  file.path_ = relative_path;
  std::string full = (std::filesystem::path(files_root) / relative_path).native();
  // Not blocking: what was a file may be a pipe by now.
  file.descriptor_ = open(full.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file.descriptor_ < 0) return ReadError(relative_path, errno);
  posix_fadvise(file.descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
  return file;
}

OpenFile::OpenFile(OpenFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

OpenFile::~OpenFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::StatusOr<size_t> OpenFile::ReadAt(int64_t offset, char* out, size_t size) const {
  size_t done = 0;
  while (done < size) {
    ssize_t count = pread(descriptor_, out + done, size - done, offset + static_cast<int64_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ReadError(path_, errno);
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  return done;
}

}  // namespace freshet
