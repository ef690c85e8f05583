#include "server/connectors/files/file_part.h"

#include <algorithm>
#include <charconv>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

// `IDENTITY;LINES`, LINES = -1 where they are not known.
absl::Status ReadDetail(const std::string& name, const std::string& detail, FileIdentity* identity, int64_t* lines) {
  size_t semicolon = detail.rfind(';');
  if (semicolon == std::string::npos) {
    return absl::InternalError(StrCat("the position of ", name, " is not one of this release: ", detail));
  }
  ASSIGN_OR_RETURN(*identity, ParseIdentity(name, std::string_view(detail).substr(0, semicolon)));
  const char* end = detail.data() + detail.size();
  auto [stop, error] = std::from_chars(detail.data() + semicolon + 1, end, *lines);
  if (error == std::errc() && stop == end) return absl::OkStatus();
  return absl::InternalError(StrCat("the position of ", name, " is not one of this release: ", detail));
}

absl::Status Changed(const FilePart& part, std::string_view how) {
  return MakeError(ErrorCode::kSourceChanged,
                   StrCat("the file ", part.identity.path, " ", how,
                          " behind what was read; its rows cannot be read again as they were. Update the pipeline to "
                          "read it anew"));
}

}  // namespace

absl::StatusOr<FilePart> MakePart(const v1::PartitionExtent& extent) {
  FilePart part;
  part.name = extent.partition();
  ASSIGN_OR_RETURN(part.identity, ParseIdentity(extent.partition(), extent.detail()));
  part.start = extent.start();
  part.end = extent.end();
  part.load_end = extent.load_end();
  part.offset = part.start;
  part.lines_known = part.start == 0;
  return part;
}

FilePart MakeLatePart(const FileEntry& file) {
  FilePart part;
  part.name = file.path;
  part.identity = {file.path, file.inode, file.mtime_ns, file.size, false};
  return part;
}

absl::StatusOr<FilePart> MakeLatePart(const std::string& name, const Position& position) {
  FilePart part;
  part.name = name;
  int64_t lines = 0;
  RETURN_IF_ERROR(ReadDetail(name, position.detail, &part.identity, &lines));
  return part;
}

Position PositionOf(const FilePart& part) {
  Position position;
  position.offset = part.offset;
  position.records = part.records;
  position.detail = StrCat(FormatIdentity(part.identity), ";", part.lines_known ? part.lines : -1);
  return position;
}

absl::Status MovePart(FilePart& part, const Position& position) {
  FileIdentity identity;
  int64_t lines = 0;
  RETURN_IF_ERROR(ReadDetail(part.name, position.detail, &identity, &lines));
  part.identity = identity;
  part.offset = position.offset;
  part.records = position.records;
  part.lines_known = lines >= 0;
  part.lines = std::max<int64_t>(lines, 0);
  return absl::OkStatus();
}

absl::Status CheckUnchanged(const FilePart& part, const FileEntry& now) {
  if (now.inode != part.identity.inode) return Changed(part, "was replaced");
  int64_t needed = std::max(part.offset, part.end >= 0 ? part.end : part.load_end);
  if (now.size < needed) return Changed(part, "was cut off");
  bool same_size = now.size == part.identity.size && now.size == std::max(part.size_seen, part.identity.size);
  if (same_size && now.mtime_ns != part.identity.mtime_ns) return Changed(part, "was written to");
  return absl::OkStatus();
}

}  // namespace freshet
