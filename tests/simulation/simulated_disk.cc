#include "tests/simulation/simulated_disk.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace freshet {
namespace {

constexpr uint64_t kSectorBytes = 512;

std::string FolderName(const std::string& path) { return path.substr(0, path.rfind('/')); }
std::string FileName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

absl::Status Dead() { return absl::UnavailableError("the process has died"); }

}  // namespace

bool SimulatedDisk::Fails() { return std::uniform_real_distribution<>()(random_) < failure_rate; }

void SimulatedDisk::Apply(const Write& write, std::string* content) {
  if (write.truncates) {
    content->resize(write.offset);
    return;
  }
  content->resize(std::max<uint64_t>(content->size(), write.offset + write.bytes.size()));
  content->replace(write.offset, write.bytes.size(), write.bytes);
}

void SimulatedDisk::Apply(const std::vector<NameChange>& changes, Names* names) {
  for (const NameChange& change : changes) {
    if (change.inode == nullptr) {
      names->erase(change.name);
    } else {
      (*names)[change.name] = change.inode;
    }
  }
}

// Each write is kept, lost, or kept in some of its sectors.
void SimulatedDisk::KeepAnyPart(Inode& inode) {
  for (const Write& write : inode.unsynced) {
    const uint64_t fate = random_() % 3;
    if (fate == 0) continue;
    if (fate == 1 || write.truncates) {
      Apply(write, &inode.durable);
      continue;
    }
    for (uint64_t at = 0; at < write.bytes.size();) {
      const uint64_t sector_end = ((write.offset + at) / kSectorBytes + 1) * kSectorBytes;
      const uint64_t count = std::min<uint64_t>(write.bytes.size() - at, sector_end - write.offset - at);
      if (random_() % 2 == 0) Apply({write.offset + at, write.bytes.substr(at, count)}, &inode.durable);
      at += count;
    }
  }
  inode.unsynced.clear();
  inode.current = inode.durable;
}

void SimulatedDisk::CrashMachine() {
  for (auto& [path, folder] : folders_) {
    // A journaling file system keeps the changes of names in their order.
    const size_t kept = random_() % (folder.unsynced.size() + 1);
    for (size_t i = 0; i < kept; ++i) Apply(folder.unsynced[i], &folder.durable);
    folder.unsynced.clear();
    folder.current = folder.durable;
    for (auto& [name, inode] : folder.durable) KeepAnyPart(*inode);
  }
}

std::map<std::string, std::string> SimulatedDisk::FilesUnder(const std::string& folder) const {
  std::map<std::string, std::string> files;
  auto found = folders_.find(folder);
  if (found == folders_.end()) return files;
  for (const auto& [name, inode] : found->second.current) files[name] = inode->current;
  return files;
}

class ProcessDisk::File : public DiskFile {
 public:
  File(ProcessDisk* disk, std::shared_ptr<SimulatedDisk::Inode> inode) : disk_(disk), inode_(std::move(inode)) {}

  absl::Status Write(uint64_t offset, std::string_view bytes) override {
    if (disk_->dead()) return Dead();
    absl::Status status = disk_->Change();
    size_t kept = bytes.size();
    if (disk_->medium_->full && status.ok()) status = absl::ResourceExhaustedError("no space is left");
    if (!status.ok()) kept = disk_->medium_->random_() % (bytes.size() + 1);
    if (kept > 0) Keep({offset, std::string(bytes.substr(0, kept))});
    return status;
  }
  absl::StatusOr<std::string> Read(uint64_t offset, size_t size) const override {
    if (disk_->dead()) return Dead();
    if (disk_->medium_->Fails()) return absl::UnavailableError("an I/O error");
    return offset >= inode_->current.size() ? std::string() : inode_->current.substr(offset, size);
  }
  absl::StatusOr<uint64_t> Size() const override { return inode_->current.size(); }
  absl::Status Truncate(uint64_t size) override {
    if (disk_->dead()) return Dead();
    RETURN_IF_ERROR(disk_->Change());
    Keep({size, "", /*truncates=*/true});
    return absl::OkStatus();
  }
  absl::Status Sync() override {
    if (disk_->dead()) return Dead();
    RETURN_IF_ERROR(disk_->Change());
    if (disk_->medium_->syncs_nothing) return absl::OkStatus();
    inode_->durable = inode_->current;
    inode_->unsynced.clear();
    return absl::OkStatus();
  }

 private:
  void Keep(SimulatedDisk::Write write) {
    SimulatedDisk::Apply(write, &inode_->current);
    inode_->unsynced.push_back(std::move(write));
  }

  ProcessDisk* const disk_;
  const std::shared_ptr<SimulatedDisk::Inode> inode_;
};

class ProcessDisk::HeldLock : public DiskLock {
 public:
  explicit HeldLock(std::shared_ptr<bool> held) : held_(std::move(held)) {}

 private:
  const std::shared_ptr<bool> held_;
};

absl::Status ProcessDisk::Change() {
  if (dead()) return Dead();
  if (steps_-- == 0) {
    Kill();
    return Dead();
  }
  return medium_->Fails() ? absl::UnavailableError("an I/O error") : absl::OkStatus();
}

SimulatedDisk::Folder* ProcessDisk::FolderOf(const std::string& path) {
  auto found = medium_->folders_.find(path);
  return found == medium_->folders_.end() ? nullptr : &found->second;
}

absl::Status ProcessDisk::ChangeNames(const std::string& path, std::vector<SimulatedDisk::NameChange> changes) {
  RETURN_IF_ERROR(Change());
  SimulatedDisk::Folder* folder = FolderOf(FolderName(path));
  if (folder == nullptr) return absl::NotFoundError(path);
  SimulatedDisk::Apply(changes, &folder->current);
  folder->unsynced.push_back(std::move(changes));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<DiskFile>> ProcessDisk::Open(const std::string& path, Mode mode) {
  if (dead()) return Dead();
  SimulatedDisk::Folder* folder = FolderOf(FolderName(path));
  if (folder == nullptr) return absl::NotFoundError(path);
  auto found = folder->current.find(FileName(path));
  if (found == folder->current.end()) {
    if (mode == Mode::kRead) return absl::NotFoundError(path);
    RETURN_IF_ERROR(ChangeNames(path, {{FileName(path), std::make_shared<SimulatedDisk::Inode>()}}));
    found = folder->current.find(FileName(path));
  }
  return std::make_unique<File>(this, found->second);
}

absl::StatusOr<std::vector<std::string>> ProcessDisk::List(const std::string& folder) {
  if (dead()) return Dead();
  if (FolderOf(folder) == nullptr) return absl::NotFoundError(folder);
  std::vector<std::string> names;
  for (const auto& [name, inode] : FolderOf(folder)->current) names.push_back(name);
  return names;
}

absl::Status ProcessDisk::MakeFolder(const std::string& path) {
  RETURN_IF_ERROR(Change());
  medium_->folders_[path];
  return absl::OkStatus();
}

absl::Status ProcessDisk::Rename(const std::string& from, const std::string& to) {
  CHECK_EQ(FolderName(from), FolderName(to)) << "within one folder";
  if (dead()) return Dead();
  SimulatedDisk::Folder* folder = FolderOf(FolderName(from));
  if (folder == nullptr || !folder->current.contains(FileName(from))) return absl::NotFoundError(from);
  std::shared_ptr<SimulatedDisk::Inode> inode = folder->current.at(FileName(from));
  return ChangeNames(from, {{FileName(from), nullptr}, {FileName(to), std::move(inode)}});
}

absl::Status ProcessDisk::Remove(const std::string& path) { return ChangeNames(path, {{FileName(path), nullptr}}); }

absl::Status ProcessDisk::SyncFolder(const std::string& path) {
  RETURN_IF_ERROR(Change());
  SimulatedDisk::Folder* folder = FolderOf(path);
  if (folder == nullptr) return absl::NotFoundError(path);
  if (medium_->syncs_nothing) return absl::OkStatus();
  folder->durable = folder->current;
  folder->unsynced.clear();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<DiskLock>> ProcessDisk::Lock(const std::string& path) {
  if (dead()) return Dead();
  std::weak_ptr<bool>& holder = medium_->locks_[path];
  if (!holder.expired()) return absl::FailedPreconditionError(path + " is held by another process");
  auto held = std::make_shared<bool>(true);
  holder = held;
  return std::make_unique<HeldLock>(std::move(held));
}

}  // namespace freshet
