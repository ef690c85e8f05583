// What is resolved once about a files source: its files, their sizes and identities, the ranges that large ones are
// read in, and which shard reads what.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "freshet/v1/shard_service.pb.h"
#include "server/connectors/files/file_listing.h"

namespace freshet {

// The name of the file that a partition is, or is a range of, and the file's identity when it was first seen.
struct FileIdentity {
  std::string path;
  uint64_t inode = 0;
  int64_t mtime_ns = 0;
  int64_t size = 0;
  bool range = false;  // the partition's name is `path@start`
};

// As PartitionExtent.detail holds it.
std::string FormatIdentity(const FileIdentity& identity);
absl::StatusOr<FileIdentity> ParseIdentity(std::string_view partition, std::string_view detail);

struct ExtentOptions {
  std::string files_root;
  bool follow = false;
  bool splits = false;       // the format can be cut at newlines
  uint64_t split_bytes = 0;  // files above it are
  uint32_t shard_count = 1;
};

// The partitions of the files as they are now. Cuts of large files are at the newline behind an even share.
absl::StatusOr<v1::SourceExtent> MakeExtents(const std::vector<FileEntry>& files, const ExtentOptions& options);

// The shard of each partition of an extent: the largest first, each to the shard that has the fewest bytes.
std::vector<uint32_t> AssignPartitions(const v1::SourceExtent& extent, uint32_t shard_count);
// The shard of a file that was not there when the extents were resolved.
uint32_t ShardOfNewFile(std::string_view path, uint32_t shard_count);

}  // namespace freshet
