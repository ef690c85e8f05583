#include "server/storage/posix_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/base/check.h"
#include "fmt/format.h"

namespace freshet {
namespace {

absl::Status SystemError(std::string_view what, const std::string& path) {
  const int error = errno;
  std::string message = fmt::format("cannot {} {}: {}", what, path, std::strerror(error));
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) return absl::ResourceExhaustedError(message);
  if (error == ENOENT) return absl::NotFoundError(message);
  return absl::UnavailableError(message);
}

class FileDescriptor {
 public:
  FileDescriptor(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

class PosixFile : public DiskFile {
 public:
  PosixFile(std::string path, int flags) : path_(std::move(path)), fd_(path_, flags) {}

  bool is_open() const { return fd_.get() >= 0; }

  absl::Status Write(uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      ssize_t done = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return SystemError("write", path_);
      bytes.remove_prefix(static_cast<size_t>(done));
      offset += static_cast<uint64_t>(done);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Read(uint64_t offset, size_t size) const override {
    // A size that was read from a damaged file takes no memory.
    ASSIGN_OR_RETURN(uint64_t file_size, Size());
    std::string bytes(offset >= file_size ? 0 : std::min<uint64_t>(size, file_size - offset), '\0');
    size_t done = 0;
    while (done < bytes.size()) {
      ssize_t got = ::pread(fd_.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return SystemError("read", path_);
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    bytes.resize(done);
    return bytes;
  }

  absl::StatusOr<uint64_t> Size() const override {
    struct stat info;
    if (::fstat(fd_.get(), &info) != 0) return SystemError("look at", path_);
    return static_cast<uint64_t>(info.st_size);
  }

  absl::Status Truncate(uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return SystemError("truncate", path_);
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    if (::fdatasync(fd_.get()) != 0) return SystemError("sync", path_);
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  const FileDescriptor fd_;
};

class PosixLock : public DiskLock {
 public:
  explicit PosixLock(const std::string& path) : fd_(path, O_RDWR | O_CREAT) {}
  int fd() const { return fd_.get(); }

 private:
  const FileDescriptor fd_;  // closing it gives the lock back
};

class PosixDisk : public Disk {
 public:
  absl::StatusOr<std::unique_ptr<DiskFile>> Open(const std::string& path, Mode mode) override {
    auto file = std::make_unique<PosixFile>(path, mode == Mode::kRead ? O_RDONLY : O_RDWR | O_CREAT);
    if (!file->is_open()) return SystemError("open", path);
    return file;
  }

  absl::StatusOr<std::vector<std::string>> List(const std::string& folder) override {
    std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), ::closedir);
    if (open == nullptr) return SystemError("list", folder);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(open.get())) {
      std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(std::move(name));
    }
    if (errno != 0) return SystemError("list", folder);
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::Status MakeFolder(const std::string& path) override {
    if (::mkdir(path.c_str(), 0700) == 0) return SyncFolder(Above(path));
    if (errno == EEXIST) return absl::OkStatus();
    if (errno != ENOENT || Above(path) == path) return SystemError("make the folder", path);
    RETURN_IF_ERROR(MakeFolder(Above(path)));
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return SystemError("make the folder", path);
    return SyncFolder(Above(path));
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return SystemError("rename to", to);
    return absl::OkStatus();
  }

  absl::Status Remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return SystemError("remove", path);
    return absl::OkStatus();
  }

  absl::Status SyncFolder(const std::string& path) override {
    FileDescriptor folder(path, O_RDONLY | O_DIRECTORY);
    if (folder.get() < 0 || ::fsync(folder.get()) != 0) return SystemError("sync the folder", path);
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<DiskLock>> Lock(const std::string& path) override {
    auto lock = std::make_unique<PosixLock>(path);
    if (lock->fd() < 0) return SystemError("open", path);
    if (::flock(lock->fd(), LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK) return SystemError("lock", path);
    return absl::FailedPreconditionError(fmt::format("{} is locked by another process", path));
  }

 private:
  static std::string Above(const std::string& path) {
    size_t slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
  }
};

}  // namespace

std::unique_ptr<Disk> MakePosixDisk() { return std::make_unique<PosixDisk>(); }

}  // namespace freshet
