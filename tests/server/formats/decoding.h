// Decodes text for tests: the rows, dead letters and positions that a stream of bytes gives, in any blocks.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/str_cat.h"
#include "engine/columnar/datum.h"
#include "server/formats/api/format.h"
#include "server/formats/api/record_buffer.h"
#include "server/formats/api/row_writer.h"
#include "server/formats/format_list.h"

namespace freshet {

inline v1::Column MakeColumn(std::string name, v1::TypeKind kind, bool not_null = false) {
  v1::Column column;
  column.set_name(std::move(name));
  column.mutable_type()->set_kind(kind);
  column.set_not_null(not_null);
  return column;
}

inline v1::Table MakeTable(std::vector<v1::Column> columns, std::vector<std::string> key = {}) {
  v1::Table table;
  table.set_name("t");
  for (v1::Column& column : columns) *table.add_columns() = std::move(column);
  for (std::string& name : key) table.add_primary_key(std::move(name));
  return table;
}

struct DecodeOptions {
  std::string format = "csv";
  OptionMap options = {};
  bool header = false;
  Envelope envelope = Envelope::kPlain;
  BadValue bad_value = BadValue::kError;
  std::vector<uint32_t> wanted = {};  // empty: all columns
  size_t max_record_bytes = 1 << 20;
  std::vector<size_t> blocks = {};  // where the stream is cut
};

// A line each: `+1 | 1, 'x', NULL` for rows, `CODE @offset` for dead letters.
struct Decoded {
  std::vector<std::string> lines;
  std::vector<std::string> messages;
  uint64_t unknown_fields = 0;
  int64_t offset = 0;
  int64_t newlines = 0;
};

inline void AddRows(const DeltaBatch& batch, std::vector<std::string>* lines) {
  for (uint32_t row = 0; row < batch.size(); ++row) {
    std::string line = StrCat(batch.WeightAt(row), " |");
    for (uint32_t c = 0; c < batch.column_count(); ++c) {
      const Column& column = batch.column(ColumnIndex(c));
      StrAppend(&line, c == 0 ? " " : ", ", FormatDatum(DatumAt(column, row), column.type()));
    }
    lines->push_back(std::move(line));
  }
}

inline Decoded DecodeStream(const v1::Table& table, std::string_view bytes, const DecodeOptions& options = {}) {
  const Format* format = FindFormat(options.format);
  auto shape = MakeTableShape(table);
  EXPECT_TRUE(shape.ok()) << shape.status();
  RowWriter::Options writer_options;
  writer_options.wanted = options.wanted;
  if (writer_options.wanted.empty()) {
    for (uint32_t i = 0; i < shape->columns.size(); ++i) writer_options.wanted.push_back(i);
  }
  writer_options.bad_value = options.bad_value;
  RowWriter writer(*shape, writer_options);
  DecoderSpec spec{*shape, writer.needed(), options.options, options.envelope, options.header};
  auto framer = format->MakeFramer(spec);
  auto decoder = format->MakeDecoder(spec);
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  FieldRow row;
  row.cells.resize(shape->columns.size());

  Decoded decoded;
  RecordBuffer buffer(framer.get(), options.max_record_bytes);
  bool header = options.header;
  auto reject = [&](const Rejection& rejection, int64_t offset) {
    AddRows(writer.Finish(), &decoded.lines);
    decoded.lines.push_back(StrCat(InfoOf(rejection.code).name, " @", offset));
    decoded.messages.push_back(rejection.message);
  };
  auto drain = [&] {
    while (auto record = buffer.Next()) {
      RecordPlace place;
      place.offset = record->offset;
      place.line = record->line;
      std::optional<Rejection> rejection;
      if (record->bad) {
        rejection = buffer.rejection();
      } else if (std::exchange(header, false)) {
        rejection = (*decoder)->ReadHeader(record->record);
      } else {
        rejection = (*decoder)->Decode(record->record, row);
        if (!rejection) decoded.unknown_fields += row.unknown_fields;
        if (!rejection) rejection = writer.Write(row, place);
      }
      if (rejection) reject(*rejection, record->offset);
    }
  };
  size_t at = 0;
  std::vector<size_t> cuts = options.blocks;
  cuts.push_back(bytes.size());
  for (size_t cut : cuts) {
    std::span<char> room = buffer.Prepare(cut - at);
    bytes.copy(room.data(), cut - at, at);
    buffer.Commit(cut - at);
    at = cut;
    buffer.SetLast(cut == bytes.size());
    drain();
  }
  AddRows(writer.Finish(), &decoded.lines);
  decoded.offset = buffer.offset();
  decoded.newlines = buffer.lines();
  return decoded;
}

}  // namespace freshet
