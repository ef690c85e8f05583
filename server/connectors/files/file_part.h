// One partition of a files source, a file or a range of one, and where its reading stands: always at the start of a
// record, so that nothing is held between two reads.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "engine/circuit/source.h"
#include "freshet/v1/shard_service.pb.h"
#include "server/connectors/api/source_channel.h"
#include "server/connectors/files/file_extents.h"

namespace freshet {

// What the last bytes of a file were that had been read: a file that grew still has them.
struct FileTail {
  int64_t end = 0;    // behind them; 0: none were read
  uint64_t hash = 0;  // of up to kTailBytes before it

  bool operator==(const FileTail&) const = default;
};
inline constexpr int64_t kTailBytes = 64 << 10;

struct FilePart {
  std::string name;  // of the partition
  FileIdentity identity;
  int64_t start = 0;
  int64_t end = -1;  // -1: it may grow
  int64_t load_end = 0;

  int64_t offset = 0;       // of the next record, or of blank lines before it
  int64_t record_end = 0;   // behind the last record
  int64_t records = 0;      // before it, since `start`
  int64_t lines = 0;        // newlines before it
  bool lines_known = true;  // false: the newlines before `start` are not counted yet
  int64_t size_seen = -1;   // the file's size when it was last read to its end
  int64_t mtime_seen = -1;  // and when it was written to last
  FileTail tail;
  CutSearch search;    // for where it is to be cut
  int looks_lost = 0;  // how often in a row the file was not found, or another one in its place
};

// The part of a partition as it was resolved, or as a position says (a range that came later).
absl::StatusOr<FilePart> MakePart(const v1::PartitionExtent& extent);
FilePart MakeLatePart(std::string name, FileIdentity identity, int64_t start);
absl::StatusOr<FilePart> MakeLatePart(const std::string& name, const Position& position);

// Where a part stands, and back. The detail holds the identity, the number of lines and the tail.
Position PositionOf(const FilePart& part);
absl::Status MovePart(FilePart& part, const Position& position);

// SOURCE_CHANGED if the file is another one than the part was read from, or lost bytes that were or are to be read.
absl::Status CheckUnchanged(const FilePart& part, const FileEntry& now);
// The same if it does not have the bytes any more that were read last: truncated and written anew.
absl::Status CheckTail(const FilePart& part, const OpenFile& file);
// Reads the tail before `end`.
absl::StatusOr<FileTail> ReadTail(const OpenFile& file, int64_t end);

}  // namespace freshet
