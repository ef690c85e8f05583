#include "server/connectors/files/followed_files.h"

#include <algorithm>
#include <optional>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

constexpr int kListingsMax = 8;

}  // namespace

void FollowedFiles::AddKnown(const std::string& partition, const FileIdentity& identity) {
  partitions_.insert(partition);
  std::string name(FileNameOf(partition, identity));
  Key key(identity.inode, identity.born_ns);
  names_.emplace(name, key);
  Known& known =
      files_.emplace(key, Known{.identity = identity, .name = std::move(name), .path = identity.path}).first->second;
  known.identity.range = false;
  known.identity.lines_before = -1;
  if (!identity.range) return;
  absl::StatusOr<int64_t> start = RangeStartOf(partition);
  if (start.ok()) known.ranges[*start] = identity.lines_before;
}

// Every shard comes to the same answer without asking. Where the rows of a file must keep their order, that rests on a
// record time that is the same for all shards, which is the file's birth; without one a shard keeps the whole file.
bool FollowedFiles::IsMine(const FileIdentity& identity, std::string_view name, int64_t start) const {
  bool spread = identity.born_ns != 0 || !options_.ordered;
  int64_t range = spread ? RangeNumber(start, options_.cuts.split_bytes) : 0;
  return ShardOfLateRange(name, range, options_.shard_count) == options_.shard;
}

bool FollowedFiles::Adopt(const FilePart& part) {
  if (partitions_.contains(part.name)) return false;
  AddKnown(part.name, part.identity);
  return IsMine(part.identity, FileNameOf(part.name, part.identity), part.start);
}

absl::Status FollowedFiles::Look() {
  // Listed again until nothing was listed before it was watched, but not for ever beside one who makes folder on
  // folder.
  for (int round = 0; round < kListingsMax; ++round) {
    ASSIGN_OR_RETURN(listing_, ListFiles(options_.files_root, options_.path));
    if (!watch_.WatchPlacesOf(options_.files_root, listing_)) break;
  }
  for (auto& [key, known] : files_) known.listed = false;
  for (const FileEntry& file : listing_.files) {
    auto known = files_.find(Key(file.inode, file.born_ns));
    if (known == files_.end() || known->second.listed) continue;  // new, or a second name of the same file
    known->second.listed = true;
    known->second.path = file.path;
  }
  return absl::OkStatus();
}

absl::Status FollowedFiles::FindNew(std::vector<FilePart>* found) {
  for (const FileEntry& file : listing_.files) {
    auto known = files_.find(Key(file.inode, file.born_ns));
    Known* entry = known == files_.end() ? AddNewFile(file) : &known->second;
    if (entry == nullptr || entry->path != file.path) continue;
    if (partitions_.insert(entry->name).second && IsMine(entry->identity, entry->name, 0)) {
      found->push_back(MakeLatePart(entry->name, entry->identity, 0));
    }
    RETURN_IF_ERROR(FindRanges(file, *entry, found));
  }
  return absl::OkStatus();
}

FollowedFiles::Known* FollowedFiles::AddNewFile(const FileEntry& file) {
  Key key(file.inode, file.born_ns);
  std::string name = file.path;
  if (auto holder = names_.find(name); holder != names_.end()) {
    // Replaced: who reads it tells. Renamed, with another file in its place now: that one is new.
    if (!files_.at(holder->second).listed) return nullptr;
    name = StrCat(file.path, "#", file.inode);
    if (names_.contains(name)) return nullptr;
  }
  names_.emplace(name, key);
  Known known{.identity = IdentityOf(file), .name = std::move(name), .path = file.path, .listed = true};
  return &files_.emplace(key, std::move(known)).first->second;
}

absl::Status FollowedFiles::FindRanges(const FileEntry& file, Known& known, std::vector<FilePart>* found) {
  const uint64_t split_bytes = options_.cuts.split_bytes;
  OpenFile open;
  while (true) {
    int64_t from = NextCut(known.cut, split_bytes);
    if (file.size <= from) return absl::OkStatus();
    // A restart knows many of them, and need not go through the file again.
    auto next = known.ranges.upper_bound(from);
    if (next != known.ranges.end() && RangeNumber(next->first, split_bytes) == RangeNumber(from + 1, split_bytes)) {
      known.cut = next->first;
      known.search = SearchFrom(options_.cuts, next->first, next->second);
      continue;
    }
    if (known.cut == 0 && known.search == CutSearch()) known.search = SearchFrom(options_.cuts, 0, 0);
    if (!open.is_open()) {
      ASSIGN_OR_RETURN(open, OpenFile::Open(options_.files_root, file.path));
    }
    ASSIGN_OR_RETURN(std::optional<int64_t> cut, FindCut(options_.cuts, open, from, {file.size, false}, &known.search));
    if (!cut) return absl::OkStatus();
    known.cut = *cut;
    FileIdentity identity = known.identity;
    identity.range = true;
    identity.lines_before = known.search.lines;
    std::string partition = RangeName(known.name, *cut);
    if (!partitions_.insert(partition).second || !IsMine(identity, known.name, *cut)) continue;
    FilePart part = MakeLatePart(std::move(partition), std::move(identity), *cut);
    // What stands before it tells whether the file is still the same when it is read.
    ASSIGN_OR_RETURN(part.tail, ReadTail(open, *cut));
    found->push_back(std::move(part));
  }
}

const std::string& FollowedFiles::PathOf(const FilePart& part) const {
  auto known = files_.find(Key(part.identity.inode, part.identity.born_ns));
  return known == files_.end() ? part.identity.path : known->second.path;
}

}  // namespace freshet
