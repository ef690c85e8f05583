#include "server/shard/row_sample.h"

#include "absl/strings/str_format.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/datum.h"

namespace freshet {
namespace {

constexpr size_t kMaxSampleBytes = 2000;

void AppendText(std::string_view text, std::string* out) {
  out->push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      *out += absl::StrFormat("\\u%04x", static_cast<unsigned>(c));
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

// At most that many bytes, whole characters.
std::string Shortened(std::string text) {
  if (text.size() <= kMaxSampleBytes) return text;
  size_t size = kMaxSampleBytes;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  text.resize(size);
  return text;
}

}  // namespace

std::string SampleOfRow(const DeltaBatch& batch, uint32_t row, const Schema& schema) {
  std::string text = "{";
  for (uint32_t i = 0; i < batch.column_count() && text.size() < kMaxSampleBytes; ++i) {
    if (i > 0) text.push_back(',');
    AppendText(i < schema.size() ? schema[i].name : StrCat("column", i), &text);
    text.push_back(':');
    const Column& column = batch.column(ColumnIndex(i));
    if (column.IsNull(row)) {
      text += "null";
    } else {
      AppendText(Shortened(FormatDatum(DatumAt(column, row), column.type())), &text);
    }
  }
  return text + "}";
}

}  // namespace freshet
