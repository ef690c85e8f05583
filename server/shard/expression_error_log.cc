#include "server/shard/expression_error_log.h"

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

// A row as JSON; every value as text, an ERROR cell by its code.
std::string FormatRow(const DeltaBatch& batch, uint32_t row, const Schema& schema) {
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

}  // namespace

ErrorCounter* ExpressionErrorLog::CounterFor(std::string node, Schema schema) {
  counters_.push_back(std::make_unique<Counter>(std::move(node), std::move(schema)));
  return counters_.back().get();
}

std::vector<v1::ExpressionError> ExpressionErrorLog::List() const {
  std::vector<v1::ExpressionError> errors;
  for (const auto& counter : counters_) counter->AppendTo(&errors);
  return errors;
}

void ExpressionErrorLog::Counter::Count(CellError error, int64_t weight, const DeltaBatch& batch, uint32_t row) {
  Failures& failures = failures_[error];
  if (failures.count == 0) failures.sample = FormatRow(batch, row, schema_);
  failures.count += weight;
}

void ExpressionErrorLog::Counter::AppendTo(std::vector<v1::ExpressionError>* out) const {
  for (const auto& [error, failures] : failures_) {
    if (failures.count == 0) continue;
    v1::ExpressionError& added = out->emplace_back();
    added.set_node(node_);
    added.set_code(std::string(CellErrorCode(error)));
    added.set_count(failures.count);
    added.set_sample(failures.sample);
  }
}

}  // namespace freshet
