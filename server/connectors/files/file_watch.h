// Tells when a listing of files may have become another one, by inotify, so that nobody has to look again and again.
// The kernel tells only what is done through this machine and under the watched name: not what other machines write to
// a network file system, nor what is written under another name of a file (links). `covers` is false there.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/connectors/files/file_listing.h"

namespace freshet {

// One thread uses it; Interrupt is for any.
class FileWatch {
 public:
  FileWatch();
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // Watches where the listing looked, and nothing else any more. True: some of it was not watched until now, so that
  // the listing may have missed a change; list again.
  bool WatchPlacesOf(const std::string& files_root, const FileListing& listing);

  // Whether every change at the places will be told; else `gap` says why not.
  bool covers() const { return gap_.empty(); }
  const std::string& gap() const { return gap_; }

  struct Pace {
    int64_t interval_ms = 0;  // from one look to the next, and from a change to the look at it at most
    int64_t rescan_ms = 0;    // after that, also if nothing was told
  };
  // Call it after a look: waits until it is time for the next one, or Interrupt was called since the last wait. A
  // change that comes long after the last look is looked at as soon as it has been quiet for a moment: who truncates a
  // file to write it anew has mostly done so then.
  void WaitForChange(const Pace& pace);
  void Interrupt();

 private:
  enum class Woken : uint8_t { kTime, kChange, kInterrupt };
  Woken Wait(int64_t timeout_ms, bool for_changes);
  // Whether something has changed since the last call; does not wait.
  bool TakeChanges();
  void Watch(const std::string& files_root, const WatchedPlace& place, std::set<int>* wanted);
  void SetGap(std::string gap);

  int inotify_ = -1;
  int interrupt_;                                     // an eventfd
  std::map<int, std::vector<std::string>> patterns_;  // by watch: the names that matter in the folder
  std::string gap_;
};

}  // namespace freshet
