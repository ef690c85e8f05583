#include "server/connectors/files/file_extents.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <numeric>

#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/key_hash.h"
#include "engine/base/str_cat.h"
#include "server/connectors/files/open_file.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

constexpr size_t kSearchBytes = 64 << 10;

// The byte behind the first newline at or after `from`; `end` where there is none before it.
absl::StatusOr<int64_t> BehindNewline(const OpenFile& file, int64_t from, int64_t end) {
  std::string block(kSearchBytes, '\0');
  while (from < end) {
    ASSIGN_OR_RETURN(size_t count, file.ReadAt(from, block.data(), std::min<size_t>(block.size(), end - from)));
    if (count == 0) return end;
    const void* newline = std::memchr(block.data(), '\n', count);
    if (newline != nullptr) return from + (static_cast<const char*>(newline) - block.data()) + 1;
    from += static_cast<int64_t>(count);
  }
  return end;
}

// Where the ranges of a file begin, the first at 0.
absl::StatusOr<std::vector<int64_t>> CutFile(const FileEntry& file, const ExtentOptions& options) {
  std::vector<int64_t> starts = {0};
  bool splits = options.splits && options.shard_count > 1 && file.size > static_cast<int64_t>(options.split_bytes);
  if (!splits) return starts;
  ASSIGN_OR_RETURN(OpenFile open, OpenFile::Open(options.files_root, file.path));
  for (uint32_t i = 1; i < options.shard_count; ++i) {
    int64_t share = static_cast<int64_t>(static_cast<int128>(file.size) * i / options.shard_count);
    ASSIGN_OR_RETURN(int64_t cut, BehindNewline(open, std::max(share, starts.back()), file.size));
    if (cut > starts.back() && cut < file.size) starts.push_back(cut);
  }
  return starts;
}

template <typename T>
bool ReadNumber(absl::string_view text, T* out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string FormatIdentity(const FileIdentity& identity) {
  return StrCat(identity.inode, " ", identity.mtime_ns, " ", identity.size, " ", identity.range ? "range" : "file");
}

absl::StatusOr<FileIdentity> ParseIdentity(std::string_view partition, std::string_view detail) {
  std::vector<absl::string_view> parts = absl::StrSplit(AbslView(detail), ' ');
  FileIdentity identity;
  bool read = parts.size() == 4 && ReadNumber(parts[0], &identity.inode) && ReadNumber(parts[1], &identity.mtime_ns) &&
              ReadNumber(parts[2], &identity.size) && (parts[3] == "range" || parts[3] == "file");
  size_t at = partition.rfind('@');
  if (!read || (parts[3] == "range" && at == std::string_view::npos)) {
    return absl::InternalError(StrCat("the stored extent of ", partition, " is not one of this release: ", detail));
  }
  identity.range = parts[3] == "range";
  identity.path = std::string(identity.range ? partition.substr(0, at) : partition);
  return identity;
}

absl::StatusOr<v1::SourceExtent> MakeExtents(const std::vector<FileEntry>& files, const ExtentOptions& options) {
  v1::SourceExtent extent;
  for (const FileEntry& file : files) {
    ASSIGN_OR_RETURN(std::vector<int64_t> starts, CutFile(file, options));
    FileIdentity identity{file.path, file.inode, file.mtime_ns, file.size, starts.size() > 1};
    for (size_t i = 0; i < starts.size(); ++i) {
      bool last = i + 1 == starts.size();
      v1::PartitionExtent& partition = *extent.add_partitions();
      partition.set_partition(identity.range ? StrCat(file.path, "@", starts[i]) : file.path);
      partition.set_start(starts[i]);
      partition.set_load_end(last ? file.size : starts[i + 1]);
      partition.set_end(last && options.follow ? -1 : partition.load_end());
      partition.set_detail(FormatIdentity(identity));
    }
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

uint32_t ShardOfNewFile(std::string_view path, uint32_t shard_count) {
  return static_cast<uint32_t>(HashBytes(path.data(), path.size(), 0) % std::max<uint32_t>(shard_count, 1));
}

}  // namespace freshet
