#include "server/connectors/files/file_part.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/key_hash.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

constexpr uint64_t kTailSeed = 0x7A11;

struct PartDetail {
  FileIdentity identity;
  int64_t lines = 0;
  FileTail tail;
};

template <typename T>
bool ReadNumber(absl::string_view text, T* out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

// `LINES;TAIL END;TAIL HASH;IDENTITY`, LINES = -1 where they are not known.
absl::StatusOr<PartDetail> ReadDetail(const std::string& name, const std::string& detail) {
  std::vector<absl::string_view> parts = absl::StrSplit(detail, absl::MaxSplits(';', 3));
  PartDetail read;
  if (parts.size() != 4 || !ReadNumber(parts[0], &read.lines) || !ReadNumber(parts[1], &read.tail.end) ||
      !ReadNumber(parts[2], &read.tail.hash)) {
    return absl::InternalError(StrCat("the position of ", name, " is not one of this release: ", detail));
  }
  ASSIGN_OR_RETURN(read.identity, ParseIdentity(name, StdView(parts[3])));
  return read;
}

absl::Status Changed(const FilePart& part, std::string_view how) {
  return MakeError(ErrorCode::kSourceChanged,
                   StrCat("the file ", part.identity.path, " ", how,
                          " behind what was read; its rows cannot be read again as they were. Delete the pipeline and "
                          "apply it again to read it anew"));
}

void BeginAtStart(FilePart& part) {
  part.offset = part.record_end = part.start;
  part.lines_known = part.start == 0 || part.identity.lines_before >= 0;
  part.lines = part.start == 0 ? 0 : std::max<int64_t>(part.identity.lines_before, 0);
}

}  // namespace

absl::StatusOr<FilePart> MakePart(const v1::PartitionExtent& extent) {
  FilePart part;
  part.name = extent.partition();
  ASSIGN_OR_RETURN(part.identity, ParseIdentity(extent.partition(), extent.detail()));
  part.start = extent.start();
  part.end = extent.end();
  part.load_end = extent.load_end();
  BeginAtStart(part);
  return part;
}

FilePart MakeLatePart(std::string name, FileIdentity identity, int64_t start) {
  FilePart part;
  part.name = std::move(name);
  part.identity = std::move(identity);
  part.start = start;
  BeginAtStart(part);
  return part;
}

absl::StatusOr<FilePart> MakeLatePart(const std::string& name, const Position& position) {
  ASSIGN_OR_RETURN(PartDetail detail, ReadDetail(name, position.detail));
  int64_t start = 0;
  if (detail.identity.range) {
    ASSIGN_OR_RETURN(start, RangeStartOf(name));
  }
  return MakeLatePart(name, std::move(detail.identity), start);
}

Position PositionOf(const FilePart& part) {
  Position position;
  position.offset = part.offset;
  position.records = part.records;
  position.detail = StrCat(part.lines_known ? part.lines : -1, ";", part.tail.end, ";", part.tail.hash, ";",
                           FormatIdentity(part.identity));
  return position;
}

absl::Status MovePart(FilePart& part, const Position& position) {
  ASSIGN_OR_RETURN(PartDetail detail, ReadDetail(part.name, position.detail));
  part.identity = std::move(detail.identity);
  part.offset = part.record_end = position.offset;
  part.records = position.records;
  part.lines_known = detail.lines >= 0;
  part.lines = std::max<int64_t>(detail.lines, 0);
  part.tail = detail.tail;
  return absl::OkStatus();
}

absl::Status CheckUnchanged(const FilePart& part, const FileEntry& now) {
  if (now.inode != part.identity.inode || now.born_ns != part.identity.born_ns) return Changed(part, "was replaced");
  int64_t needed = std::max(part.offset, part.end >= 0 ? part.end : part.load_end);
  if (now.size < needed) return Changed(part, "was cut off");
  return absl::OkStatus();
}

absl::Status CheckTail(const FilePart& part, const OpenFile& file) {
  if (part.tail.end == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(FileTail now, ReadTail(file, part.tail.end));
  return now == part.tail ? absl::OkStatus() : Changed(part, "was written anew");
}

absl::StatusOr<FileTail> ReadTail(const OpenFile& file, int64_t end) {
  int64_t size = std::min(end, kTailBytes);
  std::string bytes(static_cast<size_t>(size), '\0');
  ASSIGN_OR_RETURN(size_t count, file.ReadAt(end - size, bytes.data(), bytes.size()));
  return FileTail{end, HashBytes(bytes.data(), count, kTailSeed)};
}

}  // namespace freshet
