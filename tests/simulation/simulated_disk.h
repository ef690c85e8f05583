// A disk in memory that loses and tears what was not synced: the crash of a process keeps what was written, but for the
// end of its last write; the crash of the machine keeps any part of what was not synced.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "server/storage/disk.h"

namespace freshet {

class SimulatedDisk {
 public:
  explicit SimulatedDisk(uint64_t seed) : random_(seed) {}

  double failure_rate = 0;     // of reads, writes and syncs: an I/O error; of a write a part may be done
  bool full = false;           // nothing more can be written
  bool syncs_nothing = false;  // a planted bug: Sync returns OK and makes nothing durable

  // The whole machine stops: every process that used the disk is dead already.
  void CrashMachine();
  // What a program sees that looks now; paths of a folder, sorted, and contents.
  std::map<std::string, std::string> FilesUnder(const std::string& folder) const;

 private:
  friend class ProcessDisk;

  struct Write {
    uint64_t offset = 0;  // of a truncation: the new size
    std::string bytes;
    bool truncates = false;
  };
  struct Inode {
    std::string durable;
    std::string current;
    std::vector<Write> unsynced;
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;
  struct NameChange {
    std::string name;
    std::shared_ptr<Inode> inode;  // nullptr: it goes
  };
  struct Folder {
    Names durable;
    Names current;
    std::vector<std::vector<NameChange>> unsynced;  // each whole or not at all
  };

  bool Fails();
  static void Apply(const Write& write, std::string* content);
  static void Apply(const std::vector<NameChange>& changes, Names* names);
  void KeepAnyPart(Inode& inode);

  std::mt19937_64 random_;
  std::map<std::string, Folder> folders_;
  std::map<std::string, std::weak_ptr<bool>> locks_;  // by path; the process that holds it lives
};

// The disk as one process sees it.
class ProcessDisk : public Disk {
 public:
  // The medium outlives it. After `steps` changes of the disk the process dies in the middle of the next one.
  ProcessDisk(SimulatedDisk* medium, uint64_t steps) : medium_(medium), steps_(steps) {}

  void Kill() { alive_ = nullptr; }
  bool dead() const { return alive_ == nullptr; }

  absl::StatusOr<std::unique_ptr<DiskFile>> Open(const std::string& path, Mode mode) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& folder) override;
  absl::Status MakeFolder(const std::string& path) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status SyncFolder(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<DiskLock>> Lock(const std::string& path) override;

 private:
  class File;
  class HeldLock;

  // Before each change: not OK if the process is dead, or the change fails.
  absl::Status Change();
  absl::Status ChangeNames(const std::string& path, std::vector<SimulatedDisk::NameChange> changes);
  SimulatedDisk::Folder* FolderOf(const std::string& path);

  SimulatedDisk* const medium_;
  uint64_t steps_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace freshet
