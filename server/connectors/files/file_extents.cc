#include "server/connectors/files/file_extents.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <numeric>

#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/key_hash.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

constexpr size_t kSearchBytes = 64 << 10;

// Where the ranges of a file that ends begin, the first at 0.
absl::StatusOr<std::vector<int64_t>> CutEvenly(const FileEntry& file, const ExtentOptions& options) {
  std::vector<int64_t> starts = {0};
  bool splits = options.shard_count > 1 && file.size > static_cast<int64_t>(options.split_bytes);
  if (!splits) return starts;
  ASSIGN_OR_RETURN(OpenFile open, OpenFile::Open(options.files_root, file.path));
  for (uint32_t i = 1; i < options.shard_count; ++i) {
    int64_t share = static_cast<int64_t>(static_cast<int128>(file.size) * i / options.shard_count);
    ASSIGN_OR_RETURN(std::optional<int64_t> cut, FindCut(open, std::max(share, starts.back()), file.size));
    if (cut && *cut > starts.back() && *cut < file.size) starts.push_back(*cut);
  }
  return starts;
}

// The same for one that is followed.
absl::StatusOr<std::vector<int64_t>> CutFollowed(const FileEntry& file, const ExtentOptions& options) {
  std::vector<int64_t> starts = {0};
  OpenFile open;
  while (file.size > NextCut(starts.back(), options.split_bytes)) {
    if (!open.is_open()) {
      ASSIGN_OR_RETURN(open, OpenFile::Open(options.files_root, file.path));
    }
    ASSIGN_OR_RETURN(std::optional<int64_t> cut, FindCut(open, NextCut(starts.back(), options.split_bytes), file.size));
    if (!cut) break;
    starts.push_back(*cut);
  }
  return starts;
}

// Adds the ranges that begin at `starts`.
void AddRanges(const FileEntry& file, const std::string& name, const std::vector<int64_t>& starts, bool follow,
               v1::SourceExtent* extent) {
  for (size_t i = 0; i < starts.size(); ++i) {
    bool last = i + 1 == starts.size();
    // What is followed is one partition until it is large; its first range keeps that name.
    bool range = follow ? starts[i] > 0 : starts.size() > 1;
    v1::PartitionExtent& partition = *extent->add_partitions();
    partition.set_partition(range ? RangeName(name, starts[i]) : name);
    partition.set_start(starts[i]);
    partition.set_load_end(last ? file.size : starts[i + 1]);
    partition.set_end(last && follow ? -1 : partition.load_end());
    partition.set_detail(FormatIdentity(IdentityOf(file, range)));
  }
}

template <typename T>
bool ReadNumber(absl::string_view text, T* out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

FileIdentity IdentityOf(const FileEntry& file, bool range) {
  return {file.path, file.inode, file.mtime_ns, file.size, file.born_ns, range};
}

std::string FormatIdentity(const FileIdentity& identity) {
  return StrCat(identity.inode, " ", identity.mtime_ns, " ", identity.size, " ", identity.born_ns, " ",
                identity.range ? "range" : "file", " ", identity.path);
}

absl::StatusOr<FileIdentity> ParseIdentity(std::string_view partition, std::string_view detail) {
  // The path comes last: it may have blanks.
  std::vector<absl::string_view> parts = absl::StrSplit(AbslView(detail), absl::MaxSplits(' ', 5));
  FileIdentity identity;
  bool read = parts.size() == 6 && ReadNumber(parts[0], &identity.inode) && ReadNumber(parts[1], &identity.mtime_ns) &&
              ReadNumber(parts[2], &identity.size) && ReadNumber(parts[3], &identity.born_ns) &&
              (parts[4] == "range" || parts[4] == "file");
  if (!read || (parts[4] == "range" && partition.rfind('@') == std::string_view::npos)) {
    return absl::InternalError(StrCat("the stored extent of ", partition, " is not one of this release: ", detail));
  }
  identity.range = parts[4] == "range";
  identity.path = std::string(parts[5]);
  return identity;
}

std::string RangeName(std::string_view file_name, int64_t start) { return StrCat(file_name, "@", start); }

std::string_view FileNameOf(std::string_view partition, const FileIdentity& identity) {
  return identity.range ? partition.substr(0, partition.rfind('@')) : partition;
}

int64_t RangeNumber(int64_t start, uint64_t split_bytes) {
  return start == 0 || split_bytes == 0 ? 0 : (start - 1) / static_cast<int64_t>(split_bytes);
}

int64_t NextCut(int64_t start, uint64_t split_bytes) {
  // The newline before a start is at or behind the multiple that the range belongs to; the next multiple ends it. A
  // line longer than a range leaves the ranges inside of it out.
  if (split_bytes == 0) return INT64_MAX;
  return (RangeNumber(start, split_bytes) + 1) * static_cast<int64_t>(split_bytes);
}

absl::StatusOr<std::optional<int64_t>> FindCut(const OpenFile& file, int64_t from, int64_t end) {
  std::string block(kSearchBytes, '\0');
  while (from < end) {
    ASSIGN_OR_RETURN(size_t count, file.ReadAt(from, block.data(), std::min<size_t>(block.size(), end - from)));
    if (count == 0) break;
    const void* newline = std::memchr(block.data(), '\n', count);
    if (newline != nullptr) return from + (static_cast<const char*>(newline) - block.data()) + 1;
    from += static_cast<int64_t>(count);
  }
  return std::nullopt;
}

absl::StatusOr<v1::SourceExtent> MakeExtents(const std::vector<FileEntry>& files, const ExtentOptions& options) {
  v1::SourceExtent extent;
  for (const FileEntry& file : files) {
    std::vector<int64_t> starts = {0};
    if (options.follow) {
      ASSIGN_OR_RETURN(starts, CutFollowed(file, options));
    } else if (options.split_bytes > 0) {
      ASSIGN_OR_RETURN(starts, CutEvenly(file, options));
    }
    AddRanges(file, file.path, starts, options.follow, &extent);
  }
  return extent;
}

std::vector<uint32_t> AssignPartitions(const v1::SourceExtent& extent, uint32_t shard_count) {
  auto size = [&](int i) { return extent.partitions(i).load_end() - extent.partitions(i).start(); };
  std::vector<int> order(static_cast<size_t>(extent.partitions_size()));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) { return size(a) != size(b) ? size(a) > size(b) : a < b; });
  std::vector<int64_t> load(std::max<uint32_t>(shard_count, 1), 0);
  std::vector<uint32_t> shards(order.size());
  for (int i : order) {
    auto least = std::min_element(load.begin(), load.end());
    shards[static_cast<size_t>(i)] = static_cast<uint32_t>(least - load.begin());
    // Many empty files are spread as well.
    *least += size(i) + 1;
  }
  return shards;
}

uint32_t ShardOfLateRange(std::string_view file_name, int64_t range, uint32_t shard_count) {
  uint64_t first = HashBytes(file_name.data(), file_name.size(), 0) % std::max<uint32_t>(shard_count, 1);
  return static_cast<uint32_t>((first + static_cast<uint64_t>(range)) % std::max<uint32_t>(shard_count, 1));
}

}  // namespace freshet
