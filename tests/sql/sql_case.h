// A case of the corpus: a file in sqllogictest's format (README.md).
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace freshet {

struct SqlStep {
  enum class Kind { kRows, kQuery, kError };
  Kind kind = Kind::kRows;
  int line = 0;
  std::string types;                  // kQuery: a letter a column; R: numbers, whose 1.50 is 1.5
  std::string sql;                    // kRows: INSERT or DELETE
  std::vector<std::string> expected;  // kQuery: rows, sorted; kError: parts of the message
};

struct SqlCase {
  std::vector<std::string> declarations;  // CREATE TABLE, CREATE VIEW
  std::vector<SqlStep> steps;
};

absl::StatusOr<SqlCase> ParseSqlCase(const std::string& text);

}  // namespace freshet
