#include "server/catalog/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engine/base/check.h"
#include "engine/base/key_hash.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "server/storage/failpoint.h"

namespace freshet {
namespace {

// A file is: these 8 bytes, the checksum of the rest in 8 bytes, the content.
constexpr char kMagic[] = "FRESHET1";
constexpr size_t kMagicBytes = 8;
constexpr size_t kHeaderBytes = 16;
constexpr uint64_t kChecksumSeed = 0x5EED;

absl::Status SystemError(std::string_view action, const std::string& path) {
  std::string message = fmt::format("cannot {} {}: {}", action, path, std::strerror(errno));
  if (errno == ENOSPC || errno == EDQUOT) return MakeError(ErrorCode::kDiskFull, message);
  return absl::UnavailableError(message);
}

// Closes a descriptor when it goes.
class OpenFile {
 public:
  OpenFile(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

 private:
  const int fd_;
};

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

absl::Status SmallFiles::SyncFolderOf(const std::string& path) const {
  if (!sync_) return absl::OkStatus();
  const std::string name = std::filesystem::path(path).parent_path().string();
  OpenFile folder(name, O_RDONLY | O_DIRECTORY);
  if (folder.fd() < 0 || ::fsync(folder.fd()) != 0) return SystemError("sync the folder", name);
  return absl::OkStatus();
}

absl::Status SmallFiles::Write(const std::string& path, std::string_view content) const {
  uint64_t checksum = HashBytes(content.data(), content.size(), kChecksumSeed);
  std::string bytes(kMagic, kMagicBytes);
  bytes.append(reinterpret_cast<const char*>(&checksum), sizeof(checksum));
  bytes.append(content);

  std::string beside = path + ".new";
  Step("write");
  HitFailpoint(Failpoint::kCatalogBeforeWrite);
  {
    OpenFile file(beside, O_WRONLY | O_CREAT | O_TRUNC);
    if (file.fd() < 0 || !WriteAll(file.fd(), bytes)) return SystemError("write", beside);
    Step("sync");
    HitFailpoint(Failpoint::kCatalogBeforeSync);
    if (sync_ && ::fsync(file.fd()) != 0) return SystemError("sync", beside);
  }
  return Rename(beside, path);
}

absl::StatusOr<std::string> SmallFiles::Read(const std::string& path) const {
  OpenFile file(path, O_RDONLY);
  if (file.fd() < 0 && errno == ENOENT) return absl::NotFoundError(fmt::format("there is no file {}", path));
  struct stat info;
  if (file.fd() < 0 || ::fstat(file.fd(), &info) != 0) return SystemError("read", path);
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t got = ::read(file.fd(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("read", path);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  bytes.resize(done);
  uint64_t checksum = 0;
  if (bytes.size() >= kHeaderBytes) std::memcpy(&checksum, bytes.data() + kMagicBytes, sizeof(checksum));
  if (bytes.size() < kHeaderBytes || bytes.compare(0, kMagicBytes, kMagic) != 0 ||
      checksum != HashBytes(bytes.data() + kHeaderBytes, bytes.size() - kHeaderBytes, kChecksumSeed)) {
    return absl::DataLossError(fmt::format("the file {} is damaged; restore it from a backup or remove it", path));
  }
  return bytes.substr(kHeaderBytes);
}

absl::Status SmallFiles::MakeFolder(const std::string& path) const {
  Step("make folder");
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return SystemError("make the folder", path);
  return SyncFolderOf(path);
}

absl::Status SmallFiles::Rename(const std::string& from, const std::string& to) const {
  Step("rename");
  HitFailpoint(Failpoint::kCatalogBeforeRename);
  if (::rename(from.c_str(), to.c_str()) != 0) return SystemError("rename to", to);
  Step("sync folder");
  HitFailpoint(Failpoint::kCatalogAfterRename);
  return SyncFolderOf(to);
}

absl::Status SmallFiles::RemoveFile(const std::string& path) const {
  Step("remove");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return SystemError("remove", path);
  return absl::OkStatus();
}

absl::Status SmallFiles::RemoveTree(const std::string& path) const {
  Step("remove tree");
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return absl::UnavailableError(fmt::format("cannot remove {}: {}", path, error.message()));
  return absl::OkStatus();
}

}  // namespace freshet
