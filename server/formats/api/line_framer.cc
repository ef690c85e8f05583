#include <cstring>

#include "server/formats/api/format.h"

namespace freshet {
namespace {

bool IsBlank(std::string_view text) { return text.find_first_not_of(" \t\r") == std::string_view::npos; }

class LineFramer final : public Framer {
 public:
  explicit LineFramer(bool blank_lines_are_records) : blank_lines_are_records_(blank_lines_are_records) {}

  RecordFrame Next(std::string_view bytes, bool last) const override {
    RecordFrame frame;
    const void* newline = std::memchr(bytes.data(), '\n', bytes.size());
    if (newline == nullptr && !last) return frame;
    frame.size = newline == nullptr ? bytes.size() : static_cast<const char*>(newline) - bytes.data();
    frame.next = frame.size + (newline == nullptr ? 0 : 1);
    frame.newlines = newline == nullptr ? 0 : 1;
    if (frame.size > 0 && bytes[frame.size - 1] == '\r') --frame.size;
    bool blank = !blank_lines_are_records_ && IsBlank(bytes.substr(0, frame.size));
    frame.kind = blank ? RecordFrame::Kind::kBlank : RecordFrame::Kind::kRecord;
    return frame;
  }

 private:
  bool blank_lines_are_records_;
};

}  // namespace

std::unique_ptr<Framer> MakeLineFramer(bool blank_lines_are_records) {
  return std::make_unique<LineFramer>(blank_lines_are_records);
}

}  // namespace freshet
