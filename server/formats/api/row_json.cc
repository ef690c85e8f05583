#include "server/formats/api/row_json.h"

#include <charconv>
#include <cmath>

#include "engine/columnar/array.h"
#include "engine/columnar/byte_text.h"
#include "engine/columnar/datum.h"

namespace freshet {
namespace {

template <typename T>
void AppendNumber(T value, std::string* out) {
  char text[32];
  auto end = std::to_chars(text, text + sizeof(text), value);
  out->append(text, end.ptr);
}

void AppendQuoted(const std::string& text, std::string* out) {
  out->push_back('"');
  out->append(text);
  out->push_back('"');
}

void AppendCell(const Column& column, uint32_t row, const RowJsonOptions& options, std::string* out);

void AppendArray(const Column& column, uint32_t row, const RowJsonOptions& options, std::string* out) {
  const DataType type = column.type();
  ColumnBuilder builder(ElementOf(type));
  ArrayReader reader(column.values<StringCell>()[row].view(), type);
  for (ArrayElement element; reader.Next(&element);) AppendDatum(DatumOf(element, type), builder);
  const Column elements = builder.Finish();
  out->push_back('[');
  for (uint32_t i = 0; i < elements.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendCell(elements, i, options, out);
  }
  out->push_back(']');
}

void AppendCell(const Column& column, uint32_t row, const RowJsonOptions& options, std::string* out) {
  if (!column.IsValue(row)) {
    out->append("null");
    return;
  }
  switch (column.type().kind) {
    case TypeKind::kBoolean:
      out->append(column.values<uint8_t>()[row] != 0 ? "true" : "false");
      return;
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
      return AppendNumber(column.values<int32_t>()[row], out);
    case TypeKind::kBigint:
      if (options.int64_as_string) out->push_back('"');
      AppendNumber(column.values<int64_t>()[row], out);
      if (options.int64_as_string) out->push_back('"');
      return;
    case TypeKind::kDouble: {
      double value = column.values<double>()[row];
      if (std::isfinite(value)) return AppendNumber(value, out);
      return AppendQuoted(FormatDatum(Datum::Double(value), column.type()), out);
    }
    case TypeKind::kReal: {
      double value = column.values<double>()[row];
      if (std::isfinite(value)) return AppendNumber(static_cast<float>(value), out);
      return AppendQuoted(FormatDatum(Datum::Double(value), column.type()), out);
    }
    case TypeKind::kText:
      if (column.type().padded) return AppendJsonString(FormatDatum(DatumAt(column, row), column.type()), out);
      return AppendJsonString(column.values<StringCell>()[row].view(), out);
    case TypeKind::kBytea: {
      std::string base64;
      AppendBase64(column.values<StringCell>()[row].view(), &base64);
      return AppendQuoted(base64, out);
    }
    case TypeKind::kJsonb:
      out->append(column.values<StringCell>()[row].view());
      return;
    case TypeKind::kArray:
      return AppendArray(column, row, options, out);
    case TypeKind::kNumeric:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
    case TypeKind::kTime:
    case TypeKind::kUuid:
    case TypeKind::kInterval:
      return AppendQuoted(FormatDatum(DatumAt(column, row), column.type()), out);
  }
}

void AppendCsvText(std::string_view text, bool quote_empty, std::string* out) {
  bool quote = text.empty() ? quote_empty : text.find_first_of(",\"\r\n") != std::string_view::npos;
  if (!quote) {
    out->append(text);
    return;
  }
  out->push_back('"');
  for (char c : text) {
    if (c == '"') out->push_back('"');
    out->push_back(c);
  }
  out->push_back('"');
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out->append(text.substr(begin, i - begin));
    begin = i + 1;
    switch (c) {
      case '"':
        out->append("\\\"");
        break;
      case '\\':
        out->append("\\\\");
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\r':
        out->append("\\r");
        break;
      case '\t':
        out->append("\\t");
        break;
      default:
        out->append("\\u00");
        out->push_back(kHex[c >> 4]);
        out->push_back(kHex[c & 15]);
    }
  }
  out->append(text.substr(begin));
  out->push_back('"');
}

void AppendRowJson(const Schema& schema, const DeltaBatch& batch, uint32_t row, const RowJsonOptions& options,
                   std::string* out) {
  out->push_back('{');
  for (uint32_t i = 0; i < schema.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendJsonString(schema[i].name, out);
    out->push_back(':');
    AppendCell(batch.column(ColumnIndex(i)), row, options, out);
  }
  out->push_back('}');
}

bool AppendRowErrors(const Schema& schema, const DeltaBatch& batch, uint32_t row, std::string* out) {
  bool any = false;
  for (uint32_t i = 0; i < schema.size(); ++i) {
    CellError error = batch.column(ColumnIndex(i)).ErrorAt(row);
    if (error == CellError::kNone) continue;
    if (any) out->push_back(',');
    any = true;
    AppendJsonString(schema[i].name, out);
    out->push_back(':');
    AppendJsonString(CellErrorCode(error), out);
  }
  return any;
}

void AppendCsvHeader(const Schema& schema, std::string* out) {
  for (uint32_t i = 0; i < schema.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendCsvText(schema[i].name, false, out);
  }
  out->append("\r\n");
}

void AppendRowCsv(const Schema& schema, const DeltaBatch& batch, uint32_t row, std::string* out) {
  for (uint32_t i = 0; i < schema.size(); ++i) {
    if (i > 0) out->push_back(',');
    const Column& column = batch.column(ColumnIndex(i));
    if (!column.IsValue(row)) continue;
    if (column.type() == DataType{TypeKind::kText}) {
      AppendCsvText(column.values<StringCell>()[row].view(), true, out);
    } else if (column.physical() == PhysicalType::kString) {
      AppendCsvText(FormatDatum(DatumAt(column, row), column.type()), true, out);
    } else {
      out->append(FormatDatum(DatumAt(column, row), column.type()));
    }
  }
  out->append("\r\n");
}

}  // namespace freshet
