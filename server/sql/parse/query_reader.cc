#include "server/sql/parse/query_reader.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "engine/base/str_cat.h"
#include "server/plan/top_k.h"
#include "server/sql/parse/tree_fields.h"

namespace freshet {
namespace {

using Element = simdjson::dom::element;

// Queries inside of queries; far below what the stack takes.
constexpr uint32_t kMaxQueryDepth = 64;

}  // namespace

void QueryReader::Unsupported(std::string_view what, uint32_t offset, std::string suggestion) {
  errors_.push_back(
      {ErrorCode::kUnsupported, StrCat(what, " is not built in this release"), std::move(suggestion), offset});
}

uint32_t QueryReader::FirstOffset(Element element) const {
  simdjson::dom::object object;
  simdjson::dom::array array;
  int64_t location = 0;
  if (element.get(object) == simdjson::SUCCESS) {
    if (object["location"].get(location) == simdjson::SUCCESS && location >= 0) {
      return static_cast<uint32_t>(location + shift_);
    }
    for (auto field : object) {
      if (uint32_t offset = FirstOffset(field.value)) return offset;
    }
  } else if (element.get(array) == simdjson::SUCCESS) {
    for (Element item : array) {
      if (uint32_t offset = FirstOffset(item)) return offset;
    }
  }
  return 0;
}

SyntaxRef QueryReader::ReadExpression(Element element) {
  SyntaxReader reader(statement_, shift_, this);
  SyntaxRef syntax = reader.Read(element);
  if (reader.error()) errors_.push_back(*reader.error());
  if (syntax != nullptr) return syntax;
  auto wrong = std::make_shared<Syntax>();
  wrong->kind = SyntaxKind::kWrong;
  return wrong;
}

void QueryReader::ReadList(Element body, std::string_view key, std::vector<SyntaxRef>* out) {
  simdjson::dom::array array;
  if (body[key].get(array) != simdjson::SUCCESS) return;
  for (Element item : array) out->push_back(ReadExpression(item));
}

QueryRef QueryReader::ReadSelect(Element select) {
  if (depth_ >= kMaxQueryDepth) {
    errors_.push_back({ErrorCode::kExpressionTooLarge, StrCat("queries are nested deeper than ", kMaxQueryDepth),
                       "name some of them as views", FirstOffset(select)});
    return nullptr;
  }
  ++depth_;
  size_t errors = errors_.size();
  auto query = std::make_shared<Query>();
  query->offset = FirstOffset(select);
  ReadWith(select, query.get());
  ReadOrder(select, query.get());
  ReadLimit(select, query.get());
  Element element;
  if (Has(select, "lockingClause")) Unsupported("FOR UPDATE", query->offset);
  if (Has(select, "intoClause")) Unsupported("SELECT INTO", query->offset, "CREATE VIEW name AS SELECT");
  if (select["windowClause"].get(element) == simdjson::SUCCESS) Unsupported("WINDOW", FirstOffset(element));
  std::string_view operation = TextOf(select, "op");
  if (!operation.empty() && operation != "SETOP_NONE") {
    ReadSetOperation(select, operation, query.get());
  } else if (Has(select, "valuesLists")) {
    ReadValues(select, query.get());
  } else {
    ReadPlainSelect(select, query.get());
  }
  --depth_;
  return errors_.size() == errors ? query : nullptr;
}

void QueryReader::ReadWith(Element select, Query* query) {
  Element with;
  simdjson::dom::array tables;
  if (select["withClause"].get(with) != simdjson::SUCCESS) return;
  if (FlagOf(with, "recursive")) {
    Unsupported("WITH RECURSIVE", FirstOffset(with));
    return;
  }
  if (with["ctes"].get(tables) != simdjson::SUCCESS) return;
  for (Element item : tables) {
    Element body, inner;
    if (item["CommonTableExpr"].get(body) != simdjson::SUCCESS) continue;
    CommonTable table;
    table.name = {std::string(TextOf(body, "ctename")), FirstOffset(body)};
    table.columns = NamesOf(body, "aliascolnames");
    if (body["ctequery"]["SelectStmt"].get(inner) != simdjson::SUCCESS) {
      Unsupported("a statement that changes rows inside of WITH", table.name.offset);
      continue;
    }
    table.query = ReadSelect(inner);
    query->with.push_back(std::move(table));
  }
}

void QueryReader::ReadOrder(Element select, Query* query) {
  Element element;
  simdjson::dom::array items;
  if (select["sortClause"].get(element) != simdjson::SUCCESS || element.get(items) != simdjson::SUCCESS) return;
  query->order_offset = FirstOffset(element);
  for (Element each : items) {
    Element body, value;
    if (each["SortBy"].get(body) != simdjson::SUCCESS || body["node"].get(value) != simdjson::SUCCESS) continue;
    if (TextOf(body, "sortby_dir") == "SORTBY_USING") Unsupported("ORDER BY ... USING", FirstOffset(body));
    OrderItem item;
    item.value = ReadExpression(value);
    item.descending = TextOf(body, "sortby_dir") == "SORTBY_DESC";
    const std::string_view nulls = TextOf(body, "sortby_nulls");
    item.nulls = nulls == "SORTBY_NULLS_FIRST"  ? v1::NULLS_FIRST
                 : nulls == "SORTBY_NULLS_LAST" ? v1::NULLS_LAST
                                                : v1::NULLS_ORDER_UNSPECIFIED;
    query->order.push_back(std::move(item));
  }
}

void QueryReader::ReadLimit(Element select, Query* query) {
  if (TextOf(select, "limitOption") == "LIMIT_OPTION_WITH_TIES") {
    Unsupported("FETCH FIRST ... WITH TIES", query->offset, "FETCH FIRST ... ROWS ONLY");
  }
  query->limit = ReadRowCount(select, "limitCount", "LIMIT", query);
  query->offset_rows = ReadRowCount(select, "limitOffset", "OFFSET", query).value_or(0);
  if (query->offset_rows > 0 && !query->limit) {
    Unsupported("OFFSET without LIMIT", query->limit_offset, "LIMIT with the most rows that are wanted");
  }
}

// No value: there is none, or NULL (LIMIT ALL), which is the same.
std::optional<uint64_t> QueryReader::ReadRowCount(Element select, const char* key, std::string_view name,
                                                  Query* query) {
  Element element;
  if (select[key].get(element) != simdjson::SUCCESS) return std::nullopt;
  query->limit_offset = FirstOffset(element);
  const SyntaxRef syntax = ReadExpression(element);
  if (syntax->kind == SyntaxKind::kNull || syntax->kind == SyntaxKind::kWrong) return std::nullopt;
  uint64_t rows = 0;
  if (syntax->kind == SyntaxKind::kNumber && absl::SimpleAtoi(syntax->text, &rows) && rows <= PlanTopK::kMaxRows) {
    return rows;
  }
  errors_.push_back({ErrorCode::kUnsupported, StrCat(name, " takes a whole number, from 0 to ", PlanTopK::kMaxRows), "",
                     query->limit_offset});
  return std::nullopt;
}

void QueryReader::ReadSetOperation(Element select, std::string_view operation, Query* query) {
  query->operation = operation == "SETOP_UNION"       ? SetOperation::kUnion
                     : operation == "SETOP_INTERSECT" ? SetOperation::kIntersect
                                                      : SetOperation::kExcept;
  query->all = FlagOf(select, "all");
  Element left, right;
  if (select["larg"].get(left) == simdjson::SUCCESS) query->left = ReadSelect(left);
  if (select["rarg"].get(right) == simdjson::SUCCESS) query->right = ReadSelect(right);
}

void QueryReader::ReadValues(Element select, Query* query) {
  simdjson::dom::array rows;
  if (select["valuesLists"].get(rows) != simdjson::SUCCESS) return;
  for (Element row : rows) {
    Element list;
    query->values.emplace_back();
    if (row["List"].get(list) == simdjson::SUCCESS) ReadList(list, "items", &query->values.back());
  }
}

void QueryReader::ReadPlainSelect(Element select, Query* query) {
  simdjson::dom::array array;
  if (select["distinctClause"].get(array) == simdjson::SUCCESS) {
    // Plain DISTINCT has one empty item.
    simdjson::dom::object first;
    query->distinct = array.size() == 1 && (array.at(0).get(first) != simdjson::SUCCESS || first.size() == 0);
    for (Element item : array) {
      if (!query->distinct) query->distinct_on.push_back(ReadExpression(item));
    }
  }
  if (select["targetList"].get(array) == simdjson::SUCCESS) {
    for (Element target : array) ReadItem(target, query);
  } else {
    errors_.push_back({ErrorCode::kSyntaxError, "the SELECT list is empty", "", query->offset});
  }
  if (select["fromClause"].get(array) == simdjson::SUCCESS) {
    for (Element item : array) {
      if (FromRef from = ReadFrom(item)) query->from.push_back(std::move(from));
    }
  }
  Element element;
  if (select["whereClause"].get(element) == simdjson::SUCCESS) query->where = ReadExpression(element);
  if (FlagOf(select, "groupDistinct")) Unsupported("GROUP BY DISTINCT", query->offset);
  if (select["groupClause"].get(array) == simdjson::SUCCESS) {
    for (Element item : array) query->group_by.push_back(ReadGrouping(item));
  }
  if (select["havingClause"].get(element) == simdjson::SUCCESS) query->having = ReadExpression(element);
}

GroupingItem QueryReader::ReadGrouping(Element item) {
  GroupingItem grouping;
  grouping.offset = FirstOffset(item);
  Element body;
  const char* list = "content";
  if (item["GroupingSet"].get(body) == simdjson::SUCCESS) {
    const std::string_view kind = TextOf(body, "kind");
    grouping.kind = kind == "GROUPING_SET_ROLLUP" ? GroupingKind::kRollup
                    : kind == "GROUPING_SET_CUBE" ? GroupingKind::kCube
                    : kind == "GROUPING_SET_SETS" ? GroupingKind::kSets
                                                  : GroupingKind::kList;
  } else if (item["RowExpr"].get(body) == simdjson::SUCCESS) {
    grouping.kind = GroupingKind::kList;
    list = "args";
  } else {
    grouping.key = ReadExpression(item);
    return grouping;
  }
  simdjson::dom::array items;
  if (body[list].get(items) != simdjson::SUCCESS) return grouping;
  for (Element each : items) grouping.items.push_back(ReadGrouping(each));
  return grouping;
}

void QueryReader::ReadItem(Element target, Query* query) {
  Element body, value, column;
  if (target["ResTarget"].get(body) != simdjson::SUCCESS || body["val"].get(value) != simdjson::SUCCESS) return;
  SelectItem item;
  item.offset = FirstOffset(body);
  item.alias = std::string(TextOf(body, "name"));
  simdjson::dom::array fields;
  if (value["ColumnRef"].get(column) == simdjson::SUCCESS && column["fields"].get(fields) == simdjson::SUCCESS) {
    std::vector<std::string> names = NamesOf(column, "fields");
    bool star = names.size() + 1 == fields.size();
    if (star && names.size() <= 1) {
      if (!names.empty()) item.star_relation = names[0];
      query->items.push_back(std::move(item));
      return;
    }
  }
  item.value = ReadExpression(value);
  query->items.push_back(std::move(item));
}

FromRef QueryReader::ReadFrom(Element element) {
  Element body;
  if (element["RangeVar"].get(body) == simdjson::SUCCESS) return ReadTable(body);
  if (element["RangeSubselect"].get(body) == simdjson::SUCCESS) return ReadSubquery(body);
  if (element["RangeFunction"].get(body) == simdjson::SUCCESS) return ReadFunction(body);
  if (element["JoinExpr"].get(body) == simdjson::SUCCESS) return ReadJoin(body);
  Unsupported(element["RangeTableSample"].get(body) == simdjson::SUCCESS ? "TABLESAMPLE" : "this item of FROM",
              FirstOffset(element));
  return nullptr;
}

void QueryReader::ReadAlias(Element body, FromItem* item) {
  Element alias;
  if (body["alias"].get(alias) != simdjson::SUCCESS) return;
  item->alias = std::string(TextOf(alias, "aliasname"));
  item->alias_columns = NamesOf(alias, "colnames");
}

FromRef QueryReader::ReadTable(Element body) {
  auto item = std::make_shared<FromItem>();
  item->offset = FirstOffset(body);
  item->name = std::string(TextOf(body, "relname"));
  if (Has(body, "schemaname")) {
    Unsupported("a relation with a schema", item->offset, "leave the schema out");
    return nullptr;
  }
  ReadAlias(body, item.get());
  return item;
}

FromRef QueryReader::ReadSubquery(Element body) {
  auto item = std::make_shared<FromItem>();
  item->kind = FromKind::kSubquery;
  item->offset = FirstOffset(body);
  ReadAlias(body, item.get());
  item->lateral = FlagOf(body, "lateral");
  Element select;
  if (body["subquery"]["SelectStmt"].get(select) != simdjson::SUCCESS) return nullptr;
  item->query = ReadSelect(select);
  return item->query == nullptr ? nullptr : item;
}

FromRef QueryReader::ReadFunction(Element body) {
  auto item = std::make_shared<FromItem>();
  item->kind = FromKind::kFunction;
  item->offset = FirstOffset(body);
  ReadAlias(body, item.get());
  simdjson::dom::array functions, pair;
  Element list;
  bool one = body["functions"].get(functions) == simdjson::SUCCESS && functions.size() == 1 &&
             functions.at(0)["List"].get(list) == simdjson::SUCCESS && list["items"].get(pair) == simdjson::SUCCESS &&
             pair.size() > 0;
  if (!one || FlagOf(body, "is_rowsfrom")) {
    Unsupported("ROWS FROM", item->offset);
    return nullptr;
  }
  if (FlagOf(body, "ordinality")) Unsupported("WITH ORDINALITY", item->offset);
  if (Has(body, "coldeflist")) Unsupported("a list of column definitions", item->offset);
  item->call = ReadExpression(pair.at(0).value());
  if (item->call->kind == SyntaxKind::kWrong) return nullptr;
  return item;
}

FromRef QueryReader::ReadJoin(Element body) {
  auto item = std::make_shared<FromItem>();
  item->kind = FromKind::kJoin;
  item->offset = FirstOffset(body);
  ReadAlias(body, item.get());
  Element element;
  if (Has(body, "join_using_alias")) Unsupported("an alias of USING", item->offset);
  std::string_view type = TextOf(body, "jointype");
  item->join = type == "JOIN_LEFT"    ? JoinSyntaxKind::kLeft
               : type == "JOIN_RIGHT" ? JoinSyntaxKind::kRight
               : type == "JOIN_FULL"  ? JoinSyntaxKind::kFull
                                      : JoinSyntaxKind::kInner;
  item->natural = FlagOf(body, "isNatural");
  item->using_columns = NamesOf(body, "usingClause");
  if (body["larg"].get(element) == simdjson::SUCCESS) item->left = ReadFrom(element);
  if (body["rarg"].get(element) == simdjson::SUCCESS) item->right = ReadFrom(element);
  if (body["quals"].get(element) == simdjson::SUCCESS) item->condition = ReadExpression(element);
  return item->left == nullptr || item->right == nullptr ? nullptr : item;
}

}  // namespace freshet
