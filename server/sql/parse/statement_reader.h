// Reads one statement that PostgreSQL's grammar knows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "server/sql/parse/query_reader.h"
#include "server/sql/parse/statement.h"

namespace freshet {

class StatementReader {
 public:
  // `text` stands at byte `begin` of the script.
  StatementReader(const std::string& text, uint32_t begin, std::vector<ExpressionError>& errors)
      : text_(text), begin_(begin), errors_(errors), queries_(text, begin, errors), types_(text, begin) {}

  // `options`: those of WITH, which the text no longer has. No value: errors were added.
  std::optional<Statement> Read(std::vector<OptionSyntax> options);

 private:
  using Element = simdjson::dom::element;

  std::optional<Statement> ReadTable(Element body, std::vector<OptionSyntax> options);
  void ReadColumn(Element body, CreateTable* table);
  void ReadConstraint(Element body, ColumnSyntax* column, CreateTable* table);
  void ReadGenerated(uint32_t offset, ColumnSyntax* column);
  void ReadDefault(Element constraint, uint32_t offset, ColumnSyntax* column);
  std::optional<Statement> ReadView(Element body);
  std::optional<Statement> ReadMaterializedView(Element body, std::vector<OptionSyntax> options);
  std::optional<Statement> ReadIndex(Element body);
  std::optional<Statement> ReadComment(Element body);
  std::optional<Statement> ReadSet(Element body);
  std::nullopt_t Unsupported(std::string_view what, uint32_t offset, std::string suggestion = "");
  uint32_t OffsetOf(Element body) const { return types_.OffsetOf(body); }

  const std::string& text_;
  uint32_t begin_;
  std::vector<ExpressionError>& errors_;
  QueryReader queries_;
  SyntaxReader types_;
};

}  // namespace freshet
