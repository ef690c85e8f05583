#include "server/storage/epoch_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include "fmt/format.h"

namespace freshet {

std::string EpochMarkPath(const std::string& folder, uint32_t shard) {
  return folder.empty() ? std::string() : fmt::format("{}/epoch.{}", folder, shard);
}

EpochMark::EpochMark(const std::string& path)
    : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {}

EpochMark::~EpochMark() {
  if (fd_ >= 0) ::close(fd_);
}

void EpochMark::Set(Value value) {
  if (fd_ < 0) return;
  [[maybe_unused]] ssize_t ignored = ::pwrite(fd_, &value, sizeof(value), 0);
}

EpochMark::Value EpochMark::Read(const std::string& path) {
  Value value;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return value;
  if (::pread(fd, &value, sizeof(value), 0) != sizeof(value)) value = {};
  ::close(fd);
  return value;
}

}  // namespace freshet
