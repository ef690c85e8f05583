#include "tests/sql/table_rows.h"

#include <cctype>
#include <regex>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/base/str_cat.h"
#include "engine/expr/program.h"
#include "server/sql/bind/bind_expression.h"
#include "server/sql/parse/parse_tree.h"

namespace freshet {
namespace {

std::string Unquoted(std::string_view token) {
  std::string text;
  for (size_t i = 1; i + 1 < token.size(); ++i) {
    text.push_back(token[i]);
    if (token[i] == '\'') ++i;
  }
  return text;
}

}  // namespace

absl::StatusOr<std::vector<RowChange>> TableRows::Apply(const std::string& sql) {
  static const std::regex insert(R"(INSERT INTO (\w+)\s+VALUES\s+([\s\S]*))");
  static const std::regex erase(R"(DELETE FROM (\w+)\s+WHERE\s+([\s\S]*))");
  std::smatch match;
  bool inserts = std::regex_match(sql, match, insert);
  if (!inserts && !std::regex_match(sql, match, erase)) return absl::InvalidArgumentError("what is this statement?");
  std::string table = match[1];
  if (!schemas_.contains(table)) return absl::InvalidArgumentError(absl::StrCat("no table ", table));
  absl::StatusOr<std::vector<RowChange>> changes = inserts ? Insert(table, match[2]) : Delete(table, match[2]);
  if (!changes.ok()) return changes;
  for (const RowChange& change : *changes) rows_[table].Add(change.row, change.weight);
  return changes;
}

absl::StatusOr<std::vector<RowChange>> TableRows::Insert(const std::string& table, const std::string& values) {
  const Schema& schema = schemas_.at(table);
  auto scanned = ScanTokens(values);
  if (auto* error = std::get_if<ExpressionError>(&scanned)) return absl::InvalidArgumentError(error->message);
  std::vector<RowChange> changes;
  std::string sign;
  for (const SqlToken& token : std::get<std::vector<SqlToken>>(scanned)) {
    std::string text = values.substr(token.begin, token.end - token.begin);
    if (text == "(") changes.push_back({table, {}, 1});
    if (text == "-") sign = "-";
    if (text == "(" || text == ")" || text == "," || text == "-" || text == ";") continue;
    Row& row = changes.back().row;
    if (row.size() >= schema.size()) return absl::InvalidArgumentError("too many values");
    if (absl::AsciiStrToUpper(text) == "NULL") {
      row.push_back(Datum::Null());
      continue;
    }
    std::string value = text[0] == '\'' ? Unquoted(text) : sign + text;
    sign.clear();
    absl::StatusOr<Datum> datum = ParseDatum(value, schema[row.size()].type);
    if (!datum.ok()) return datum.status();
    row.push_back(*std::move(datum));
  }
  for (const RowChange& change : changes) {
    if (change.row.size() != schema.size()) return absl::InvalidArgumentError("too few values");
  }
  return changes;
}

absl::StatusOr<std::vector<RowChange>> TableRows::Delete(const std::string& table, const std::string& condition) {
  const Schema& schema = schemas_.at(table);
  absl::StatusOr<Expression> bound = BindWhere(condition, schema);
  if (!bound.ok()) return bound.status();
  std::vector<DataType> types;
  for (const Field& field : schema) types.push_back(field.type);
  std::vector<Expression> outputs;
  outputs.push_back(*std::move(bound));
  Program program(types, std::move(outputs));
  std::vector<RowChange> changes;
  for (const auto& [row, weight] : rows_[table].rows()) {
    std::vector<uint32_t> selected;
    program.Select(BatchOf({{row, 1}}, schema), &selected);
    if (!selected.empty()) changes.push_back({table, row, -weight});
  }
  return changes;
}

}  // namespace freshet
