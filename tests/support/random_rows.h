// Makes random cells, rows and batches for property tests, the same ones for the same seed. Few distinct values, so
// that keys meet, and the awkward ones (NULL, ERROR, NaN, -0.0, bounds, long texts, other scales of one number) on
// purpose.
#pragma once

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/columnar/datum.h"
#include "engine/columnar/delta_batch.h"
#include "engine/columnar/text_form.h"

namespace freshet {

using Random = std::mt19937_64;

struct RandomRowOptions {
  double null_share = 0.1;
  double error_share = 0.0;
  int64_t distinct = 20;       // values are mostly taken from so many
  double awkward_share = 0.1;  // values at the edges of their type
  int64_t weight_max = 3;      // weights are -max .. max without 0; 0 = all +1
};

inline int64_t RandomBelow(Random& random, int64_t limit) { return static_cast<int64_t>(random() % limit); }
inline bool RandomChance(Random& random, double share) { return static_cast<double>(random() >> 11) * 0x1p-53 < share; }

inline int64_t RandomInteger(Random& random, int64_t min, int64_t max, const RandomRowOptions& options) {
  if (RandomChance(random, options.awkward_share)) return RandomChance(random, 0.5) ? min : max;
  return RandomBelow(random, options.distinct) - options.distinct / 2;
}

inline double RandomDouble(Random& random, const RandomRowOptions& options) {
  constexpr double kAwkward[] = {-0.0,
                                 std::numeric_limits<double>::quiet_NaN(),
                                 std::numeric_limits<double>::infinity(),
                                 -std::numeric_limits<double>::infinity(),
                                 std::numeric_limits<double>::denorm_min(),
                                 std::numeric_limits<double>::max(),
                                 0.1};
  if (RandomChance(random, options.awkward_share)) return kAwkward[random() % std::size(kAwkward)];
  return static_cast<double>(RandomBelow(random, options.distinct)) / 4 - 2;
}

inline Numeric RandomNumeric(Random& random, DataType type, const RandomRowOptions& options) {
  int64_t value = RandomBelow(random, options.distinct) - options.distinct / 2;
  if (type.precision != 0) {
    if (RandomChance(random, options.awkward_share)) return Numeric::Make(PowerOfTen(type.precision) - 1, type.scale);
    return Numeric::Make(value, type.scale);
  }
  if (RandomChance(random, options.awkward_share)) {
    return Numeric::Make(RandomChance(random, 0.5) ? MaxNumericUnscaled() : -MaxNumericUnscaled(),
                         static_cast<int32_t>(random() % 39));
  }
  int32_t more = static_cast<int32_t>(random() % 4);
  return Numeric::Make(static_cast<int128>(value) * PowerOfTen(more), 1 + more);
}

inline std::string RandomText(Random& random, const RandomRowOptions& options) {
  constexpr std::string_view kAwkward[] = {"", "twelve bytes", "NULL", "it's | odd ", "\xC3\xBC\xE2\x82\xAC"};
  if (RandomChance(random, options.awkward_share)) return std::string(kAwkward[random() % std::size(kAwkward)]);
  int64_t value = RandomBelow(random, options.distinct);
  std::string text = "word" + std::to_string(value);
  if (value % 3 == 0) text += " with more than twelve bytes";
  return text;
}

// Of the types whose cells are bytes.
inline Datum RandomBytes(Random& random, DataType type) {
  const std::string number = std::to_string(10 + RandomBelow(random, 80));
  switch (type.kind) {
    case TypeKind::kUuid:
      return *ParseDatum(std::string(30, '7') + number, type);
    case TypeKind::kInterval:
      return *ParseDatum(number + " days", type);
    case TypeKind::kJsonb:
      return *ParseDatum("[" + number + "]", type);
    case TypeKind::kArray:
      return *ParseDatum("{" + number + ",NULL," + number + ".50}", type);
    default:
      return Datum::Text(number + '\0' + number);
  }
}

// A value that fits `type`, NULL or ERROR.
inline Datum RandomDatum(Random& random, DataType type, const RandomRowOptions& options = {}) {
  if (RandomChance(random, options.null_share)) return Datum::Null();
  if (RandomChance(random, options.error_share)) {
    return Datum::Error(static_cast<CellError>(1 + random() % static_cast<uint8_t>(CellError::kTooLarge)));
  }
  switch (type.kind) {
    case TypeKind::kBoolean:
      return Datum::Bool(random() % 2 == 0);
    case TypeKind::kSmallint:
      return Datum::Int(RandomInteger(random, INT16_MIN, INT16_MAX, options));
    case TypeKind::kInteger:
      return Datum::Int(RandomInteger(random, INT32_MIN, INT32_MAX, options));
    case TypeKind::kBigint:
      return Datum::Int(RandomInteger(random, INT64_MIN, INT64_MAX, options));
    case TypeKind::kNumeric:
      return Datum::Decimal(RandomNumeric(random, type, options));
    case TypeKind::kDouble:
      return Datum::Double(RandomDouble(random, options));
    case TypeKind::kText:
      return Datum::Text(RandomText(random, options));
    case TypeKind::kDate:  // 0001-01-01 to 9999-12-31
      return Datum::Int(RandomInteger(random, -719'162, 2'932'896, options));
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
      return Datum::Int(RandomInteger(random, -62'135'596'800'000'000, 253'402'300'799'999'999, options));
    case TypeKind::kTime:
      return Datum::Int(RandomInteger(random, 0, 86'400'000'000, options));
    case TypeKind::kReal:
      return Datum::Double(static_cast<float>(RandomInteger(random, -1'000'000, 1'000'000, options)) / 8);
    case TypeKind::kBytea:
    case TypeKind::kUuid:
    case TypeKind::kInterval:
    case TypeKind::kJsonb:
    case TypeKind::kArray:
      return RandomBytes(random, type);
  }
  __builtin_unreachable();
}

inline std::vector<std::pair<Row, int64_t>> RandomRows(Random& random, const Schema& schema, uint32_t size,
                                                       const RandomRowOptions& options = {}) {
  std::vector<std::pair<Row, int64_t>> rows;
  for (uint32_t i = 0; i < size; ++i) {
    Row row;
    for (const Field& field : schema) row.push_back(RandomDatum(random, field.type, options));
    int64_t weight = 1;
    if (options.weight_max > 0) {
      weight = 1 + RandomBelow(random, options.weight_max);
      if (random() % 2 == 0) weight = -weight;
    }
    rows.emplace_back(std::move(row), weight);
  }
  return rows;
}

inline DeltaBatch RandomBatch(Random& random, const Schema& schema, uint32_t size,
                              const RandomRowOptions& options = {}) {
  return BatchOf(RandomRows(random, schema, size, options), schema);
}

// One column of every type.
inline Schema SchemaOfAllTypes() {
  return {{"bool", {TypeKind::kBoolean}},
          {"small", {TypeKind::kSmallint}},
          {"int", {TypeKind::kInteger}},
          {"big", {TypeKind::kBigint}},
          {"numeric", {TypeKind::kNumeric}},
          {"price", {TypeKind::kNumeric, 12, 2}},
          {"double", {TypeKind::kDouble}},
          {"text", {TypeKind::kText}},
          {"date", {TypeKind::kDate}},
          {"timestamp", {TypeKind::kTimestamp}},
          {"timestamptz", {TypeKind::kTimestamptz}},
          {"numbers", ArrayOf({TypeKind::kNumeric, 12, 2})},
          {"texts", ArrayOf({TypeKind::kText})}};
}

}  // namespace freshet
