// What is resolved once about a files source: its files, their sizes and identities, the ranges that large ones are
// read in, and which shard reads what.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "freshet/v1/shard_service.pb.h"
#include "server/connectors/files/file_cuts.h"
#include "server/connectors/files/file_listing.h"

namespace freshet {

// The name of the file that a partition is, or is a range of, and the file's identity when it was first seen.
struct FileIdentity {
  std::string path;
  uint64_t inode = 0;
  int64_t mtime_ns = 0;
  int64_t size = 0;
  int64_t born_ns = 0;
  bool range = false;         // the partition's name is that of the file and `@start`
  int64_t lines_before = -1;  // a range; -1: not counted

  // The record time of its rows. The time at which a file that grows was written to last is another one at each look,
  // and not the same for all shards that read it; the time at which it was made does not change.
  int64_t RecordMicros(bool follow) const { return (follow && born_ns != 0 ? born_ns : mtime_ns) / 1000; }
  // Whether this is that file, under whatever name.
  bool Is(const FileEntry& file) const {
    return inode == file.inode && born_ns == file.born_ns && (born_ns != 0 || file.size >= size);
  }
};
// Of the file as it is now.
FileIdentity IdentityOf(const FileEntry& file);

// As PartitionExtent.detail holds it.
std::string FormatIdentity(const FileIdentity& identity);
absl::StatusOr<FileIdentity> ParseIdentity(std::string_view partition, std::string_view detail);

// The names of partitions: that of a file, which is its path (`path#inode` where an earlier file had the path, which
// was renamed since), and of its ranges, `name@start`.
std::string RangeName(std::string_view file_name, int64_t start);
std::string_view FileNameOf(std::string_view partition, const FileIdentity& identity);
absl::StatusOr<int64_t> RangeStartOf(std::string_view range_name);

struct ExtentOptions {
  std::string files_root;
  bool follow = false;
  CutRules cuts;
  uint32_t shard_count = 1;
};

// The partitions of the files as they are now. Large files that end are cut at the record behind an even share; those
// that are followed behind each `split_bytes`, so that it does not matter when, by whom and how often they are cut.
absl::StatusOr<v1::SourceExtent> MakeExtents(const std::vector<FileEntry>& files, const ExtentOptions& options);

// The shard of each partition of an extent: the largest first, each to the shard that has the fewest bytes.
std::vector<uint32_t> AssignPartitions(const v1::SourceExtent& extent, uint32_t shard_count);
// The shard of a range that was not there when the extents were resolved.
uint32_t ShardOfLateRange(std::string_view file_name, int64_t range, uint32_t shard_count);

}  // namespace freshet
