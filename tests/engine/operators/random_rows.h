// Random rows and random histories of a relation, for property tests.
#pragma once

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/columnar/text_form.h"

namespace freshet {

// Few values of each type, so that rows meet; now and then NULL or ERROR; text of inline and of heap length.
inline Datum RandomDatum(DataType type, std::mt19937_64& random, int distinct, double odd = 0.05) {
  const double dice = std::uniform_real_distribution<double>(0, 1)(random);
  if (dice < odd / 2) return Datum::Null();
  if (dice < odd) return Datum::Error(dice < odd * 0.75 ? CellError::kBadValue : CellError::kOverflow);
  const int64_t value = std::uniform_int_distribution<int64_t>(0, distinct - 1)(random);
  switch (type.kind) {
    case TypeKind::kBoolean:
      return Datum::Bool(value % 2 == 0);
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
    case TypeKind::kTime:
      return Datum::Int(value - distinct / 2);
    case TypeKind::kNumeric:
      return Datum::Decimal(Numeric::Make(value * 10, 1));
    case TypeKind::kDouble:
    case TypeKind::kReal:
      return Datum::Double(static_cast<double>(value) / 4);
    case TypeKind::kText:
    case TypeKind::kBytea:
    case TypeKind::kUuid:
    case TypeKind::kInterval:
    case TypeKind::kJsonb:
      return Datum::Text(value % 2 == 0 ? "t" + std::to_string(value)
                                        : "a text that lies in a heap " + std::to_string(value));
    case TypeKind::kArray:
      return *ParseDatum("{" + std::to_string(value) + ",NULL}", type);
  }
  __builtin_unreachable();
}

inline Row RandomRow(const Schema& schema, std::mt19937_64& random, int distinct, double odd = 0.05) {
  Row row;
  for (const Field& field : schema) row.push_back(RandomDatum(field.type, random, distinct, odd));
  return row;
}

// Grows and shrinks a multiset of rows, epoch by epoch.
class RandomHistory {
 public:
  using Changes = std::vector<std::pair<Row, int64_t>>;

  explicit RandomHistory(Schema schema, int distinct = 4) : schema_(std::move(schema)), distinct_(distinct) {}

  const Schema& schema() const { return schema_; }
  // The rows after the last epoch.
  const ZSet& rows() const { return rows_; }

  // The changes of one epoch in random order: a retraction may come before the insertion of its row.
  Changes NextEpoch(std::mt19937_64& random, int changes) {
    Changes epoch;
    for (int i = 0; i < changes; ++i) {
      const bool removes = !rows_.empty() && random() % 5 < 2;
      if (removes) {
        auto victim = rows_.rows().begin();
        std::advance(victim, random() % rows_.rows().size());
        const int64_t weight = -std::uniform_int_distribution<int64_t>(1, victim->second)(random);
        epoch.emplace_back(victim->first, weight);
      } else {
        epoch.emplace_back(RandomRow(schema_, random, distinct_), random() % 4 == 0 ? 2 : 1);
      }
      rows_.Add(epoch.back().first, epoch.back().second);
    }
    std::shuffle(epoch.begin(), epoch.end(), random);
    return epoch;
  }

  // Cuts changes into batches of random sizes.
  std::vector<DeltaBatch> Cut(const Changes& changes, std::mt19937_64& random) const {
    std::vector<DeltaBatch> batches;
    for (size_t begin = 0; begin < changes.size();) {
      const size_t size = std::min<size_t>(changes.size() - begin, 1 + random() % 5);
      batches.push_back(BatchOf({changes.begin() + begin, changes.begin() + begin + size}, schema_));
      begin += size;
    }
    return batches;
  }

 private:
  Schema schema_;
  int distinct_;
  ZSet rows_;
};

}  // namespace freshet
