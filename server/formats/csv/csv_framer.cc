// Most lines hold no quote: they are found with one scan for a line end or a quote, whichever comes first. Only a
// record with a quote is walked field by field.
#include "server/formats/csv/csv_framer.h"

#include <bit>
#include <cstring>

#include "server/formats/csv/byte_scan.h"

namespace freshet {
namespace {

constexpr size_t kNone = static_cast<size_t>(-1);

// Reads up to kScanBytes past the end (kRecordPadding).
size_t FindEither(std::string_view bytes, char a, char b) {
  for (size_t base = 0; base < bytes.size(); base += kScanBytes) {
    uint32_t mask = MatchMask(bytes.data() + base, a, b);
    if (mask == 0) continue;
    size_t at = base + static_cast<size_t>(std::countr_zero(mask));
    return at < bytes.size() ? at : kNone;
  }
  return kNone;
}

uint32_t CountNewlines(std::string_view bytes) {
  uint32_t count = 0;
  for (char c : bytes) count += c == '\n';
  return count;
}

RecordFrame LineFrame(std::string_view bytes, size_t newline) {
  RecordFrame frame;
  bool ended = newline != kNone;
  frame.size = ended ? newline : bytes.size();
  frame.next = ended ? newline + 1 : bytes.size();
  frame.newlines = ended ? 1 : 0;
  if (frame.size > 0 && bytes[frame.size - 1] == '\r') --frame.size;
  frame.kind = frame.size == 0 ? RecordFrame::Kind::kBlank : RecordFrame::Kind::kRecord;
  return frame;
}

class CsvFramer final : public Framer {
 public:
  explicit CsvFramer(char delimiter) : delimiter_(delimiter) {}

  RecordFrame Next(std::string_view bytes, bool last) const override {
    size_t at = FindEither(bytes, '\n', '"');
    if (at == kNone) return last ? LineFrame(bytes, kNone) : RecordFrame();
    if (bytes[at] == '\n') return LineFrame(bytes, at);
    return Quoted(bytes, last);
  }

  // Without a quote every newline ends a record.
  RecordStretch Pass(std::string_view bytes) const override {
    const std::string_view unquoted = bytes.substr(0, bytes.find('"'));
    const size_t newline = unquoted.rfind('\n');
    if (newline == std::string_view::npos) return {};
    return {newline + 1, CountNewlines(unquoted.substr(0, newline + 1))};
  }

 private:
  RecordFrame Bad(std::string_view bytes, bool last) const {
    RecordFrame frame;
    bool known = last || std::memchr(bytes.data(), '\n', bytes.size()) != nullptr;
    frame.kind = known ? RecordFrame::Kind::kBad : RecordFrame::Kind::kIncomplete;
    frame.message = "a quote is not closed, or stands where none can";
    return frame;
  }

  RecordFrame Record(std::string_view bytes, size_t size, size_t next) const {
    RecordFrame frame;
    frame.kind = RecordFrame::Kind::kRecord;
    frame.plain = false;
    frame.size = size;
    frame.next = next;
    frame.newlines = CountNewlines(bytes.substr(0, next));
    return frame;
  }

  RecordFrame Quoted(std::string_view bytes, bool last) const {
    size_t at = 0;
    while (true) {
      // At the start of a field.
      if (at < bytes.size() && bytes[at] == '"') {
        at = AfterQuoted(bytes, at + 1);
        if (at == kNone) return last ? Bad(bytes, last) : RecordFrame();
        // A quote at the end of the block may be the first of two.
        if (at == bytes.size()) return last ? Record(bytes, at, at) : RecordFrame();
        if (bytes[at] == '\r' && at + 1 == bytes.size() && !last) return RecordFrame();
        bool line_end = bytes[at] == '\n' || (bytes[at] == '\r' && (at + 1 == bytes.size() || bytes[at + 1] == '\n'));
        if (bytes[at] != delimiter_ && !line_end) return Bad(bytes, last);
      } else {
        while (at < bytes.size() && bytes[at] != delimiter_ && bytes[at] != '\n' && bytes[at] != '"') ++at;
        if (at == bytes.size()) {
          if (!last) return RecordFrame();
          return Record(bytes, at > 0 && bytes[at - 1] == '\r' ? at - 1 : at, at);
        }
        if (bytes[at] == '"') return Bad(bytes, last);
      }
      if (bytes[at] == delimiter_) {
        ++at;
        continue;
      }
      size_t newline = bytes[at] == '\r' ? std::min(at + 1, bytes.size()) : at;
      size_t size = newline > 0 && newline <= bytes.size() && bytes[newline - 1] == '\r' ? newline - 1 : newline;
      return Record(bytes, size, std::min(newline + 1, bytes.size()));
    }
  }

  // Behind the closing quote of a field whose content begins at `at`.
  size_t AfterQuoted(std::string_view bytes, size_t at) const {
    while (true) {
      size_t quote = bytes.find('"', at);
      if (quote == std::string_view::npos) return kNone;
      if (quote + 1 == bytes.size() || bytes[quote + 1] != '"') return quote + 1;
      at = quote + 2;
    }
  }

  char delimiter_;
};

}  // namespace

std::unique_ptr<Framer> MakeCsvFramer(char delimiter) { return std::make_unique<CsvFramer>(delimiter); }

}  // namespace freshet
