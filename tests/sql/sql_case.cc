#include "tests/sql/sql_case.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace freshet {
namespace {

// Lines up to an empty one.
struct Block {
  int line = 0;
  std::vector<std::string> lines;
};

std::vector<Block> BlocksOf(const std::string& text) {
  std::vector<Block> blocks;
  bool inside = false;
  int number = 0;
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (const std::string& line : lines) {
    ++number;
    if (absl::StripAsciiWhitespace(line).empty()) {
      inside = false;
    } else if (inside || (line[0] != '#' && !absl::StartsWith(line, "skipif "))) {  // of an oracle
      if (!inside) blocks.push_back({number, {}});
      inside = true;
      blocks.back().lines.push_back(line);
    }
  }
  return blocks;
}

}  // namespace

absl::StatusOr<SqlCase> ParseSqlCase(const std::string& text) {
  SqlCase result;
  for (const Block& block : BlocksOf(text)) {
    const std::vector<std::string> head = absl::StrSplit(block.lines[0], ' ', absl::SkipEmpty());
    auto bar = std::find(block.lines.begin(), block.lines.end(), "----");
    SqlStep step;
    step.line = block.line;
    step.sql = absl::StrJoin(block.lines.begin() + 1, bar, "\n");
    if (bar != block.lines.end()) step.expected.assign(bar + 1, block.lines.end());
    if (head[0] == "query") {
      if (head.size() != 3 || head[2] != "rowsort") {
        return absl::InvalidArgumentError(absl::StrCat("line ", block.line, ": write `query TYPES rowsort`"));
      }
      step.kind = SqlStep::Kind::kQuery;
      step.types = head[1];
      std::sort(step.expected.begin(), step.expected.end());
      result.steps.push_back(std::move(step));
    } else if (block.lines[0] == "statement error") {
      step.kind = SqlStep::Kind::kError;
      result.steps.push_back(std::move(step));
    } else if (block.lines[0] != "statement ok") {
      return absl::InvalidArgumentError(absl::StrCat("line ", block.line, ": neither a statement nor a query"));
    } else if (absl::StartsWith(step.sql, "CREATE ")) {
      result.declarations.push_back(std::move(step.sql));
    } else if (absl::StartsWith(step.sql, "INSERT INTO ") || absl::StartsWith(step.sql, "DELETE FROM ")) {
      result.steps.push_back(std::move(step));
    } else {
      return absl::InvalidArgumentError(absl::StrCat("line ", block.line, ": CREATE, INSERT INTO or DELETE FROM"));
    }
  }
  return result;
}

}  // namespace freshet
