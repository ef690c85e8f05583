// A disk in memory: a crash of the process keeps a prefix of the last write; room can run out, syncs can fail.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/disk.h"

namespace freshet {

class MemoryDisk : public Disk {
 public:
  explicit MemoryDisk(uint64_t seed) : random_(seed) {}

  std::map<std::string, std::string> files;  // by path
  uint64_t room = UINT64_MAX;                // bytes of all files
  double failure_rate = 0;                   // of writes and syncs
  uint64_t writes_until_death = UINT64_MAX;  // then a prefix of a write is kept and everything fails

  bool dead() const { return writes_until_death == 0; }

  absl::StatusOr<std::unique_ptr<DiskFile>> Open(const std::string& path, Mode mode) override {
    if (dead()) return Dead();
    if (mode == Mode::kRead && !files.contains(path)) return absl::NotFoundError(path);
    files[path];
    return std::make_unique<File>(this, path);
  }
  absl::StatusOr<std::vector<std::string>> List(const std::string& folder) override {
    if (dead()) return Dead();
    std::vector<std::string> names;
    for (const auto& [path, text] : files) {
      if (path.starts_with(folder + "/")) names.push_back(path.substr(folder.size() + 1));
    }
    return names;
  }
  absl::Status MakeFolder(const std::string&) override { return dead() ? Dead() : absl::OkStatus(); }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (Dies()) return Dead();
    files[to] = std::move(files.at(from));
    files.erase(from);
    return absl::OkStatus();
  }
  absl::Status Remove(const std::string& path) override {
    if (Dies()) return Dead();
    files.erase(path);
    return absl::OkStatus();
  }
  absl::Status SyncFolder(const std::string&) override { return dead() ? Dead() : absl::OkStatus(); }
  absl::StatusOr<std::unique_ptr<DiskLock>> Lock(const std::string&) override { return absl::UnimplementedError(""); }

 private:
  class File : public DiskFile {
   public:
    File(MemoryDisk* disk, std::string path) : disk_(disk), path_(std::move(path)) {}

    absl::Status Write(uint64_t offset, std::string_view bytes) override {
      std::string& text = disk_->files[path_];
      size_t kept = bytes.size();
      absl::Status status;
      if (disk_->Dies()) {
        kept = disk_->random_() % (bytes.size() + 1);
        status = Dead();
      } else if (disk_->Fails()) {
        kept = disk_->random_() % (bytes.size() + 1);
        status = absl::UnavailableError("an I/O error");
      } else if (disk_->Used() + bytes.size() > disk_->room) {
        kept = disk_->random_() % (bytes.size() + 1);
        status = absl::ResourceExhaustedError("no space is left");
      }
      text.resize(std::max(text.size(), offset + kept));
      text.replace(offset, kept, bytes.substr(0, kept));
      return status;
    }
    absl::StatusOr<std::string> Read(uint64_t offset, size_t size) const override {
      if (disk_->dead()) return Dead();
      const std::string& text = disk_->files[path_];
      return offset >= text.size() ? std::string() : text.substr(offset, size);
    }
    absl::StatusOr<uint64_t> Size() const override { return disk_->files[path_].size(); }
    absl::Status Truncate(uint64_t size) override {
      if (disk_->Dies()) return Dead();
      disk_->files[path_].resize(size);
      return absl::OkStatus();
    }
    absl::Status Sync() override {
      if (disk_->dead()) return Dead();
      return disk_->Fails() ? absl::UnavailableError("an I/O error") : absl::OkStatus();
    }

   private:
    MemoryDisk* const disk_;
    const std::string path_;
  };

  static absl::Status Dead() { return absl::UnavailableError("the process has died"); }
  bool Dies() {
    if (writes_until_death > 0 && writes_until_death != UINT64_MAX) --writes_until_death;
    return writes_until_death == 0;
  }
  bool Fails() { return std::uniform_real_distribution<>()(random_) < failure_rate; }
  uint64_t Used() const {
    uint64_t bytes = 0;
    for (const auto& [path, text] : files) bytes += text.size();
    return bytes;
  }

  std::mt19937_64 random_;
};

}  // namespace freshet
