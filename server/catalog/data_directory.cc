#include "server/catalog/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "engine/base/check.h"
#include "engine/base/key_hash.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "freshet/v1/catalog.pb.h"
#include "server/errors/error_list.h"
#include "server/transport/unix_socket.h"

namespace freshet {
namespace {

// The longest name of a socket in the run folder: {8 of the uid}.{generation}/{shard}.
constexpr size_t kSocketNameBytesMax = 8 + 1 + 20 + 1 + 5;

uint64_t RandomNumber() {
  uint64_t number = 0;
  CHECK(::getrandom(&number, sizeof(number), 0) == sizeof(number));
  return number;
}

}  // namespace

std::string MakeUid() { return fmt::format("{:016x}{:016x}", RandomNumber(), RandomNumber()); }

absl::StatusOr<std::unique_ptr<DataDirectory>> DataDirectory::Open(const std::string& path, SmallFiles files) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    return absl::UnavailableError(fmt::format("cannot make the data directory {}: {}", path, error.message()));
  }
  std::unique_ptr<DataDirectory> directory(new DataDirectory(path, std::move(files)));
  RETURN_IF_ERROR(directory->Lock());
  RETURN_IF_ERROR(directory->CheckVersion());
  RETURN_IF_ERROR(directory->files_.MakeFolder(directory->catalog_folder()));
  RETURN_IF_ERROR(directory->OpenInstance());
  RETURN_IF_ERROR(directory->MakeRunFolder());
  return directory;
}

DataDirectory::~DataDirectory() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

absl::Status DataDirectory::Lock() {
  std::string path = path_ + "/LOCK";
  lock_fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_fd_ < 0) return absl::UnavailableError(fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  if (::flock(lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    char pid[32] = {};
    ssize_t size = ::pread(lock_fd_, pid, sizeof(pid) - 1, 0);
    return MakeError(ErrorCode::kDataDirectoryLocked,
                     fmt::format("the data directory {} is used by another freshetd (pid {}); stop it, or choose "
                                 "another --data-dir",
                                 path_, size > 0 ? std::string(pid, static_cast<size_t>(size)) : "not known"));
  }
  std::string pid = fmt::format("{}", ::getpid());
  if (::ftruncate(lock_fd_, 0) != 0 || ::pwrite(lock_fd_, pid.data(), pid.size(), 0) < 0) {
    return absl::UnavailableError(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  }
  return absl::OkStatus();
}

absl::Status DataDirectory::CheckVersion() {
  std::string path = path_ + "/FORMAT";
  auto text = files_.Read(path);
  if (absl::IsNotFound(text.status())) {
    // A folder with a catalog but without this file is not one that we have made.
    if (std::filesystem::exists(catalog_folder())) {
      return MakeError(ErrorCode::kDataDirectoryVersion,
                       fmt::format("{} has a catalog but no file FORMAT: it is not a data directory", path_));
    }
    return files_.Write(path, fmt::format("{}", kFormatVersion));
  }
  if (!text.ok()) return text.status();
  if (*text != fmt::format("{}", kFormatVersion)) {
    return MakeError(ErrorCode::kDataDirectoryVersion,
                     fmt::format("the data directory {} has format {}, this release knows {}; use the release that "
                                 "wrote it",
                                 path_, *text, kFormatVersion));
  }
  return absl::OkStatus();
}

absl::Status DataDirectory::OpenInstance() {
  std::string path = catalog_folder() + "/instance";
  v1::CatalogInstance instance;
  auto bytes = files_.Read(path);
  if (absl::IsNotFound(bytes.status())) {
    instance.set_uid(MakeUid());
    instance.set_hash_seed(RandomNumber());
    RETURN_IF_ERROR(files_.Write(path, instance.SerializeAsString()));
  } else if (!bytes.ok()) {
    return bytes.status();
  } else if (!instance.ParseFromString(*bytes)) {
    return absl::DataLossError(fmt::format("the file {} cannot be read", path));
  }
  uid_ = instance.uid();
  hash_seed_ = instance.hash_seed();
  return absl::OkStatus();
}

absl::Status DataDirectory::MakeRunFolder() {
  run_folder_ = path_ + "/run";
  if (run_folder_.size() + 1 + kSocketNameBytesMax > kUnixPathBytesMax) {
    run_folder_ = fmt::format("{}/freshet-{:016x}", std::filesystem::temp_directory_path().string(),
                              HashBytes(path_.data(), path_.size(), 0));
  }
  // Sockets of a daemon that is gone are stale: we hold the lock. Files named *.lock tell of shards that still end.
  std::error_code error;
  if (::mkdir(run_folder_.c_str(), 0700) != 0 && errno != EEXIST) {
    return absl::UnavailableError(fmt::format("cannot make {}: {}", run_folder_, std::strerror(errno)));
  }
  struct stat info;
  if (::lstat(run_folder_.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != ::geteuid()) {
    return absl::UnavailableError(fmt::format("{} is not a folder of this user", run_folder_));
  }
  std::filesystem::directory_iterator entries(run_folder_, error);
  if (error) return absl::UnavailableError(fmt::format("cannot list {}: {}", run_folder_, error.message()));
  for (const auto& entry : entries) {
    if (entry.path().extension() != ".lock") std::filesystem::remove_all(entry.path(), error);
  }
  return absl::OkStatus();
}

}  // namespace freshet
