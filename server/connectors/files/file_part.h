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

struct FilePart {
  std::string name;  // of the partition
  FileIdentity identity;
  int64_t start = 0;
  int64_t end = -1;  // -1: it may grow
  int64_t load_end = 0;

  int64_t offset = 0;       // of the next record
  int64_t records = 0;      // before it, since `start`
  int64_t lines = 0;        // newlines before it
  bool lines_known = true;  // false: the newlines before `start` are not counted yet
  int64_t size_seen = -1;   // the file's size when it was last read to its end
};

// The part of a partition as it was resolved, or as a position says (a file that came later).
absl::StatusOr<FilePart> MakePart(const v1::PartitionExtent& extent);
FilePart MakeLatePart(const FileEntry& file);
absl::StatusOr<FilePart> MakeLatePart(const std::string& name, const Position& position);

// Where a part stands, and back. The detail holds the identity and the number of lines.
Position PositionOf(const FilePart& part);
absl::Status MovePart(FilePart& part, const Position& position);

// SOURCE_CHANGED if the file is another one than the part was read from, or lost bytes that were or are to be read.
absl::Status CheckUnchanged(const FilePart& part, const FileEntry& now);

}  // namespace freshet
