#include "server/connectors/files/file_extents.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/check.h"
#include "engine/base/key_hash.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

// A range of a file that ends is worth a shard's while at this part of `split_bytes`: the others would wait for the one
// that reads the file alone.
constexpr uint64_t kEvenRangesInSplit = 16;

// Where the ranges of a file that ends begin, the first at 0.
absl::StatusOr<std::vector<CutSearch>> CutEvenly(const FileEntry& file, const ExtentOptions& options) {
  std::vector<CutSearch> starts = {{0, 0}};
  const auto least = static_cast<int64_t>(std::max<uint64_t>(options.cuts.split_bytes / kEvenRangesInSplit, 1));
  const auto count = std::min<int64_t>(options.shard_count, file.size / least);
  if (count < 2) return starts;
  ASSIGN_OR_RETURN(OpenFile open, OpenFile::Open(options.files_root, file.path));
  CutSearch search = SearchFrom(options.cuts, 0, 0);
  for (int64_t i = 1; i < count; ++i) {
    int64_t share = static_cast<int64_t>(static_cast<int128>(file.size) * i / count);
    if (share < starts.back().at) continue;
    ASSIGN_OR_RETURN(std::optional<int64_t> cut, FindCut(options.cuts, open, share, {file.size, true}, &search));
    if (cut && *cut < file.size) starts.push_back(search);
  }
  return starts;
}

// The same for one that is followed.
absl::StatusOr<std::vector<CutSearch>> CutFollowed(const FileEntry& file, const ExtentOptions& options) {
  std::vector<CutSearch> starts = {{0, 0}};
  CutSearch search = SearchFrom(options.cuts, 0, 0);
  OpenFile open;
  for (int64_t from; file.size > (from = NextCut(starts.back().at, options.cuts.split_bytes));) {
    if (!open.is_open()) {
      ASSIGN_OR_RETURN(open, OpenFile::Open(options.files_root, file.path));
    }
    ASSIGN_OR_RETURN(std::optional<int64_t> cut, FindCut(options.cuts, open, from, {file.size, false}, &search));
    if (!cut) break;
    starts.push_back(search);
  }
  return starts;
}

// Adds the ranges that begin at `starts`.
void AddRanges(const FileEntry& file, const std::string& name, const std::vector<CutSearch>& starts, bool follow,
               v1::SourceExtent* extent) {
  for (size_t i = 0; i < starts.size(); ++i) {
    bool last = i + 1 == starts.size();
    // What is followed is one partition until it is large; its first range keeps that name.
    FileIdentity identity = IdentityOf(file);
    identity.range = follow ? starts[i].at > 0 : starts.size() > 1;
    if (identity.range) identity.lines_before = starts[i].lines;
    v1::PartitionExtent& partition = *extent->add_partitions();
    partition.set_partition(identity.range ? RangeName(name, starts[i].at) : name);
    partition.set_start(starts[i].at);
    partition.set_load_end(last ? file.size : starts[i + 1].at);
    partition.set_end(last && follow ? -1 : partition.load_end());
    partition.set_detail(FormatIdentity(identity));
  }
}

template <typename T>
bool ReadNumber(absl::string_view text, T* out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

bool ReadKind(absl::string_view text, FileIdentity* identity) {
  identity->range = absl::ConsumePrefix(&text, "range");
  if (!identity->range) return text == "file";
  return text.empty() || (absl::ConsumePrefix(&text, ":") && ReadNumber(text, &identity->lines_before));
}

}  // namespace

FileIdentity IdentityOf(const FileEntry& file) {
  FileIdentity identity;
  identity.path = file.path;
  identity.inode = file.inode;
  identity.mtime_ns = file.mtime_ns;
  identity.size = file.size;
  identity.born_ns = file.born_ns;
  return identity;
}

// `INODE MTIME SIZE BIRTH KIND PATH`, KIND = file, range, or range:LINES BEFORE IT.
std::string FormatIdentity(const FileIdentity& identity) {
  std::string kind = !identity.range             ? "file"
                     : identity.lines_before < 0 ? "range"
                                                 : StrCat("range:", identity.lines_before);
  return StrCat(identity.inode, " ", identity.mtime_ns, " ", identity.size, " ", identity.born_ns, " ", kind, " ",
                identity.path);
}

absl::StatusOr<FileIdentity> ParseIdentity(std::string_view partition, std::string_view detail) {
  // The path comes last: it may have blanks.
  std::vector<absl::string_view> parts = absl::StrSplit(AbslView(detail), absl::MaxSplits(' ', 5));
  FileIdentity identity;
  bool read = parts.size() == 6 && ReadNumber(parts[0], &identity.inode) && ReadNumber(parts[1], &identity.mtime_ns) &&
              ReadNumber(parts[2], &identity.size) && ReadNumber(parts[3], &identity.born_ns) &&
              ReadKind(parts[4], &identity);
  if (!read || (identity.range && partition.rfind('@') == std::string_view::npos)) {
    return absl::InternalError(StrCat("the stored extent of ", partition, " is not one of this release: ", detail));
  }
  identity.path = std::string(parts[5]);
  return identity;
}

std::string RangeName(std::string_view file_name, int64_t start) { return StrCat(file_name, "@", start); }

std::string_view FileNameOf(std::string_view partition, const FileIdentity& identity) {
  return identity.range ? partition.substr(0, partition.rfind('@')) : partition;
}

absl::StatusOr<int64_t> RangeStartOf(std::string_view range_name) {
  int64_t start = 0;
  if (!ReadNumber(AbslView(range_name.substr(range_name.rfind('@') + 1)), &start)) {
    return absl::InternalError(StrCat("the partition ", range_name, " is not one of this release"));
  }
  return start;
}

absl::StatusOr<v1::SourceExtent> MakeExtents(const std::vector<FileEntry>& files, const ExtentOptions& options) {
  v1::SourceExtent extent;
  for (const FileEntry& file : files) {
    ASSIGN_OR_RETURN(std::vector<CutSearch> starts,
                     options.follow ? CutFollowed(file, options) : CutEvenly(file, options));
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
