// Records that may hold newlines are framed from the start of the range, which is fast beside decoding them, by
// the same RecordBuffer that reads them. To guess from the quotes nearby would be faster and now and then wrong: a lone
// quote in a text, or a record that is too long, is dropped with its first line only.
#include "server/connectors/files/file_cuts.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "engine/base/check.h"
#include "server/formats/api/record_buffer.h"

namespace freshet {
namespace {

constexpr size_t kSearchBytes = 64 << 10;
constexpr size_t kFrameBytes = 256 << 10;

absl::StatusOr<std::optional<int64_t>> FindNewline(const OpenFile& file, int64_t from, int64_t size) {
  std::string block(kSearchBytes, '\0');
  while (from < size) {
    ASSIGN_OR_RETURN(size_t count, file.ReadAt(from, block.data(), std::min<size_t>(block.size(), size - from)));
    if (count == 0) break;
    const void* newline = std::memchr(block.data(), '\n', count);
    if (newline != nullptr) return from + (static_cast<const char*>(newline) - block.data()) + 1;
    from += static_cast<int64_t>(count);
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<int64_t>> FindRecord(const CutRules& rules, const OpenFile& file, int64_t from,
                                                  FileEnd end, CutSearch* search) {
  if (search->at == 0) {
    ASSIGN_OR_RETURN(search->at, FirstRecord(file));
  }
  const int64_t begun = search->lines;
  RecordBuffer buffer(rules.framer, rules.max_record_bytes);
  buffer.Restart(search->at, std::max<int64_t>(begun, 0));
  auto stand = [&] { *search = {buffer.offset(), begun < 0 ? -1 : buffer.lines()}; };
  while (true) {
    const int64_t at = buffer.read_offset();
    std::span<char> room = buffer.Prepare(kFrameBytes);
    const auto wanted = static_cast<size_t>(std::clamp<int64_t>(end.size - at, 0, static_cast<int64_t>(room.size())));
    ASSIGN_OR_RETURN(size_t count, file.ReadAt(at, room.data(), wanted));
    buffer.Commit(count);
    // One that was cut off meanwhile has an end, too; who reads it tells.
    const bool all_read = count < wanted || at + static_cast<int64_t>(count) >= end.size;
    buffer.SetLast(all_read && end.final);
    for (buffer.Pass(from); buffer.Next(); buffer.Pass(from)) {
      if (buffer.offset() <= from) continue;
      stand();
      return buffer.offset();
    }
    stand();
    if (all_read) return std::nullopt;
  }
}

}  // namespace

CutRules CutRulesOf(const RecordSettings& settings, const Framer* framer, uint64_t split_bytes) {
  return {split_bytes, settings.format->splits_at_newlines() ? nullptr : framer, settings.max_record_bytes};
}

CutSearch SearchFrom(const CutRules& rules, int64_t start, int64_t lines_before) {
  return {start, rules.framer == nullptr ? -1 : start == 0 ? 0 : lines_before};
}

absl::StatusOr<std::optional<int64_t>> FindCut(const CutRules& rules, const OpenFile& file, int64_t from, FileEnd end,
                                               CutSearch* search) {
  if (rules.framer != nullptr) return FindRecord(rules, file, from, end, search);
  ASSIGN_OR_RETURN(std::optional<int64_t> cut, FindNewline(file, std::max(from, search->at), end.size));
  search->at = cut.value_or(end.size);
  return cut;
}

int64_t RangeNumber(int64_t start, uint64_t split_bytes) {
  return start == 0 || split_bytes == 0 ? 0 : (start - 1) / static_cast<int64_t>(split_bytes);
}

int64_t NextCut(int64_t start, uint64_t split_bytes) {
  // The byte before a start is at or behind the multiple that the range belongs to; the next multiple ends it. A
  // record longer than a range leaves the ranges inside of it out.
  if (split_bytes == 0) return INT64_MAX;
  return (RangeNumber(start, split_bytes) + 1) * static_cast<int64_t>(split_bytes);
}

absl::StatusOr<int64_t> FirstRecord(const OpenFile& file) {
  char mark[3];
  ASSIGN_OR_RETURN(size_t count, file.ReadAt(0, mark, sizeof(mark)));
  return std::string_view(mark, count) == kByteOrderMark ? static_cast<int64_t>(kByteOrderMark.size()) : 0;
}

}  // namespace freshet
