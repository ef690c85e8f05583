// The text form of batches, for tests and cases: one row a line, `weight | cell | cell ...`, for example
//   +1 | 7 | abc | NULL
//   -2 | 8 | 'x | y' | ERROR(DIVISION_BY_ZERO)
// A text cell may stand bare, or in single quotes (doubled inside) when it is empty, has |, quotes, line ends, blanks
// at an end, or reads as NULL or ERROR. Empty lines and lines that start with # are skipped.
#pragma once

#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/columnar/datum.h"
#include "engine/columnar/delta_batch.h"

namespace freshet {

absl::StatusOr<DeltaBatch> ParseBatch(std::string_view text, const Schema& schema);
// In the order of the batch.
std::string FormatBatch(const DeltaBatch& batch);

// A multiset of rows with integer weights; weight 0 = absent. What tests compare, since the rows of an epoch's output
// have no order.
class ZSet {
 public:
  void Add(const Row& row, int64_t weight);
  void Add(const DeltaBatch& batch);
  void Add(const ZSet& other, int64_t factor = 1);
  const std::map<Row, int64_t>& rows() const { return rows_; }
  bool empty() const { return rows_.empty(); }
  bool operator==(const ZSet&) const = default;
  // Sorted by row, one a line.
  std::string Format(const Schema& schema) const;

 private:
  std::map<Row, int64_t> rows_;
};

// For messages of failed tests: without types, so dates and times show as numbers.
std::ostream& operator<<(std::ostream& out, const ZSet& rows);

// The rows as a batch, in that order; and back.
DeltaBatch BatchOf(const std::vector<std::pair<Row, int64_t>>& rows, const Schema& schema);
std::vector<std::pair<Row, int64_t>> RowsOf(const DeltaBatch& batch);

}  // namespace freshet
