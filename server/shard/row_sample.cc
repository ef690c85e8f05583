#include "server/shard/row_sample.h"

#include "engine/base/str_cat.h"
#include "engine/columnar/datum.h"
#include "server/formats/api/row_json.h"

namespace freshet {
namespace {

constexpr size_t kMaxSampleBytes = 2000;

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
    AppendJsonString(i < schema.size() ? schema[i].name : StrCat("column", i), &text);
    text.push_back(':');
    const Column& column = batch.column(ColumnIndex(i));
    if (column.IsNull(row)) {
      text += "null";
    } else {
      AppendJsonString(Shortened(FormatDatum(DatumAt(column, row), column.type())), &text);
    }
  }
  return text + "}";
}

}  // namespace freshet
