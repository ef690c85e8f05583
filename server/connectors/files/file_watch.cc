#include "server/connectors/files/file_watch.h"

#include <linux/magic.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

constexpr uint32_t kChanges = IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                              IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW;
constexpr size_t kEventBytes = 16 << 10;
constexpr int64_t kQuietMillis = 50;
constexpr uint32_t kZfsMagic = 0x2FC12FC1;
constexpr uint32_t kBcachefsMagic = 0xCA451A4E;

// File systems that are changed through this machine's kernel alone. Others, also those that are not known here, may be
// changed without it.
bool IsLocal(uint32_t magic) {
  constexpr uint32_t kLocal[] = {EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,       BTRFS_SUPER_MAGIC, TMPFS_MAGIC,   RAMFS_MAGIC,
                                 F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, kZfsMagic,         kBcachefsMagic};
  return std::find(std::begin(kLocal), std::end(kLocal), magic) != std::end(kLocal);
}

int64_t NowMillis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool IsLink(const std::string& path) {
  struct stat info;
  return ::lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
}

}  // namespace

FileWatch::FileWatch() : interrupt_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(interrupt_ >= 0) << "no descriptor for an event: " << std::strerror(errno);
}

FileWatch::~FileWatch() {
  if (inotify_ >= 0) ::close(inotify_);
  ::close(interrupt_);
}

void FileWatch::SetGap(std::string gap) {
  if (gap_.empty()) gap_ = std::move(gap);
}

bool FileWatch::WatchPlacesOf(const std::string& files_root, const FileListing& listing) {
  gap_ = listing.unwatchable;
  if (inotify_ < 0) {
    inotify_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (inotify_ < 0) {
      SetGap(StrCat("the system gives no further inotify instance: ", std::strerror(errno),
                    " (sysctl fs.inotify.max_user_instances)"));
      return false;
    }
  }
  std::map<int, std::vector<std::string>> before = std::exchange(patterns_, {});
  std::set<int> wanted;
  bool added = false;
  // What cannot be watched wholly is looked at anyway: events would be beside the point.
  for (const WatchedPlace& place : listing.places) {
    if (!covers()) break;
    Watch(files_root, place, &wanted);
  }
  for (int watch : wanted) added = added || !before.contains(watch);
  for (const auto& [watch, names] : before) {
    if (!wanted.contains(watch)) ::inotify_rm_watch(inotify_, watch);
  }
  return added;
}

void FileWatch::Watch(const std::string& files_root, const WatchedPlace& place, std::set<int>* wanted) {
  std::string folder = (std::filesystem::path(files_root) / place.folder).native();
  int watch = ::inotify_add_watch(inotify_, folder.c_str(), kChanges);
  const int error = errno;
  if (watch >= 0) {
    struct statfs info;
    if (wanted->insert(watch).second && (::statfs(folder.c_str(), &info) != 0 || !IsLocal(info.f_type))) {
      SetGap(StrCat("the folder ", folder, " is not on a local file system"));
    }
    patterns_[watch].push_back(place.pattern);
    return;
  }
  if (error == ENOTDIR && IsLink(folder)) {
    SetGap(StrCat("the folder ", folder, " is a symbolic link"));
  } else if ((error == ENOENT || error == ENOTDIR) && !place.folder.empty()) {
    // It is not there: the folder above it is watched for its name.
  } else {
    SetGap(StrCat("the folder ", folder, " cannot be watched: ", std::strerror(error),
                  error == ENOSPC ? " (sysctl fs.inotify.max_user_watches)" : ""));
  }
}

void FileWatch::WaitForChange(const Pace& pace) {
  if (!covers()) {
    Wait(pace.interval_ms, /*for_changes=*/false);
    return;
  }
  const int64_t looked = NowMillis();
  for (bool changed = false; !changed; changed = TakeChanges()) {
    const int64_t left = looked + pace.rescan_ms - NowMillis();
    if (left <= 0 || Wait(left, /*for_changes=*/true) != Woken::kChange) return;
  }
  const int64_t latest = NowMillis() + pace.interval_ms;
  const int64_t earliest = looked + pace.interval_ms;
  bool quiet = false;
  while (!quiet && NowMillis() < latest) {
    const int64_t now = NowMillis();
    const int64_t wait = std::min(std::max(earliest - now, kQuietMillis), latest - now);
    if (Wait(wait, /*for_changes=*/false) == Woken::kInterrupt) return;
    quiet = !TakeChanges();
  }
}

FileWatch::Woken FileWatch::Wait(int64_t timeout_ms, bool for_changes) {
  pollfd ready[] = {{interrupt_, POLLIN, 0}, {inotify_, POLLIN, 0}};
  int count = ::poll(ready, for_changes ? 2 : 1, static_cast<int>(std::clamp<int64_t>(timeout_ms, 0, INT32_MAX)));
  if (count <= 0) return Woken::kTime;
  uint64_t times = 0;
  if (ready[0].revents != 0 && ::read(interrupt_, &times, sizeof(times)) > 0) return Woken::kInterrupt;
  return Woken::kChange;
}

bool FileWatch::TakeChanges() {
  bool changed = false;
  alignas(inotify_event) char buffer[kEventBytes];
  for (ssize_t size; (size = ::read(inotify_, buffer, sizeof(buffer))) > 0;) {
    for (const char* at = buffer; at < buffer + size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      at += sizeof(inotify_event) + event->len;
      if ((event->mask & IN_Q_OVERFLOW) != 0) changed = true;
      auto watched = patterns_.find(event->wd);
      if (watched == patterns_.end()) continue;  // of a folder that is not watched any more
      changed = changed || event->len == 0 ||
                std::any_of(watched->second.begin(), watched->second.end(),
                            [&](const std::string& pattern) { return NameMatches(pattern, event->name); });
    }
  }
  return changed;
}

void FileWatch::Interrupt() {
  const uint64_t once = 1;
  [[maybe_unused]] ssize_t written = ::write(interrupt_, &once, sizeof(once));
}

}  // namespace freshet
