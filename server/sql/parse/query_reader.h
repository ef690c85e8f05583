// Reads libpg_query's JSON tree of a query.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "server/sql/parse/query.h"
#include "server/sql/parse/syntax_reader.h"

namespace freshet {

// What is not built is UNSUPPORTED, by name. Errors of independent parts come together.
class QueryReader : public SubqueryReader {
 public:
  using Element = simdjson::dom::element;

  // As SyntaxReader.
  QueryReader(std::string_view statement, int64_t shift, std::vector<ExpressionError>& errors)
      : statement_(statement), shift_(shift), errors_(errors) {}

  // nullptr: errors were added.
  QueryRef ReadSelect(Element select) override;
  SyntaxRef ReadExpression(Element element);

 private:
  void ReadWith(Element select, Query* query);
  void ReadOrder(Element select, Query* query);
  void ReadLimit(Element select, Query* query);
  std::optional<uint64_t> ReadRowCount(Element select, const char* key, std::string_view name, Query* query);
  void ReadSetOperation(Element select, std::string_view operation, Query* query);
  void ReadValues(Element select, Query* query);
  void ReadPlainSelect(Element select, Query* query);
  GroupingItem ReadGrouping(Element item);
  void ReadItem(Element target, Query* query);
  FromRef ReadFrom(Element element);
  FromRef ReadTable(Element body);
  FromRef ReadSubquery(Element body);
  FromRef ReadFunction(Element body);
  FromRef ReadJoin(Element body);
  void ReadAlias(Element body, FromItem* item);
  void ReadList(Element body, std::string_view key, std::vector<SyntaxRef>* out);
  void Unsupported(std::string_view what, uint32_t offset, std::string suggestion = "");
  // Where the first constant, column or call below stands; 0: nowhere.
  uint32_t FirstOffset(Element element) const;

  std::string_view statement_;
  int64_t shift_;
  std::vector<ExpressionError>& errors_;
  uint32_t depth_ = 0;
};

}  // namespace freshet
