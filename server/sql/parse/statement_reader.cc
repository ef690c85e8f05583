#include "server/sql/parse/statement_reader.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "engine/base/str_cat.h"
#include "server/sql/parse/parse_tree.h"
#include "server/sql/parse/tree_fields.h"

namespace freshet {
namespace {

constexpr size_t kMaxJsonDepth = 8 * kMaxExpressionDepth;

struct StatementName {
  std::string_view node;
  std::string_view name;
  std::string_view suggestion;
};

// What scripts of other systems may have.
constexpr StatementName kOtherStatements[] = {
    {"SelectStmt", "SELECT as a statement", "CREATE MATERIALIZED VIEW name AS SELECT ..."},
    {"InsertStmt", "INSERT", "rows come from sources or over HTTP"},
    {"UpdateStmt", "UPDATE", "rows come from sources or over HTTP"},
    {"DeleteStmt", "DELETE", "rows come from sources or over HTTP"},
    {"DropStmt", "DROP", "a definition says what there is: leave the statement out that creates it"},
    {"AlterTableStmt", "ALTER", "a definition says what there is: change the statement that creates it"},
    {"CreateFunctionStmt", "CREATE FUNCTION", ""},
    {"CreateSchemaStmt", "CREATE SCHEMA", ""},
    {"CreateSeqStmt", "CREATE SEQUENCE", ""},
    {"CopyStmt", "COPY", "declare a source: WITH (connector = 'files', path = '...')"},
    {"TransactionStmt", "a transaction", "a definition is applied as a whole"},
    {"ExplainStmt", "EXPLAIN as a statement", "freshet explain -f FILE"},
};

}  // namespace

std::nullopt_t StatementReader::Unsupported(std::string_view what, uint32_t offset, std::string suggestion) {
  errors_.push_back(
      {ErrorCode::kUnsupported, StrCat(what, " is not built in this release"), std::move(suggestion), offset});
  return std::nullopt;
}

std::optional<Statement> StatementReader::Read(std::vector<OptionSyntax> options) {
  std::variant<std::string, ExpressionError> tree = ParseStatementTree(text_);
  if (auto* error = std::get_if<ExpressionError>(&tree)) {
    error->offset += begin_;
    std::string first = absl::AsciiStrToLower(text_.substr(0, 13));
    if (first == "create source") {
      error->code = ErrorCode::kUnsupported;
      error->message = "CREATE SOURCE is not built in this release";
      error->suggestion = "write CREATE TABLE name (columns) WITH (connector = ...)";
      error->offset = begin_;
    }
    errors_.push_back(*error);
    return std::nullopt;
  }
  std::string& json = std::get<std::string>(tree);
  simdjson::dom::parser parser;
  Element root, statement;
  simdjson::dom::array statements;
  if (parser.allocate(json.size() + simdjson::SIMDJSON_PADDING, kMaxJsonDepth) != simdjson::SUCCESS ||
      parser.parse(json).get(root) != simdjson::SUCCESS || root["stmts"].get(statements) != simdjson::SUCCESS ||
      statements.size() != 1 || statements.at(0)["stmt"].get(statement) != simdjson::SUCCESS) {
    errors_.push_back({ErrorCode::kExpressionTooLarge, StrCat("it is nested deeper than ", kMaxExpressionDepth),
                       "split it over views", begin_});
    return std::nullopt;
  }
  Element body;
  if (statement["CreateStmt"].get(body) == simdjson::SUCCESS) return ReadTable(body, std::move(options));
  if (statement["ViewStmt"].get(body) == simdjson::SUCCESS) return ReadView(body);
  if (statement["CreateTableAsStmt"].get(body) == simdjson::SUCCESS) {
    return ReadMaterializedView(body, std::move(options));
  }
  if (statement["IndexStmt"].get(body) == simdjson::SUCCESS) return ReadIndex(body);
  if (statement["CommentStmt"].get(body) == simdjson::SUCCESS) return ReadComment(body);
  if (statement["VariableSetStmt"].get(body) == simdjson::SUCCESS) return ReadSet(body);
  for (const StatementName& other : kOtherStatements) {
    if (statement[other.node].get(body) != simdjson::SUCCESS) continue;
    return Unsupported(other.name, begin_, std::string(other.suggestion));
  }
  return Unsupported("this statement", begin_,
                     "there is: CREATE TABLE, VIEW, MATERIALIZED VIEW, INDEX, SINK; COMMENT ON; SET");
}

std::optional<Statement> StatementReader::ReadTable(Element body, std::vector<OptionSyntax> options) {
  CreateTable table;
  Element relation;
  if (body["relation"].get(relation) != simdjson::SUCCESS) return std::nullopt;
  table.name = {std::string(TextOf(relation, "relname")), OffsetOf(relation)};
  table.options = std::move(options);
  if (FlagOf(body, "if_not_exists")) {
    return Unsupported("IF NOT EXISTS", table.name.offset, "leave it out: a definition is applied as a whole");
  }
  if (Has(relation, "schemaname")) return Unsupported("a schema", table.name.offset, "leave it out");
  if (TextOf(relation, "relpersistence") != "p") return Unsupported("TEMPORARY or UNLOGGED", begin_);
  for (const auto& [key, name] : {std::pair("inhRelations", "INHERITS"),
                                  {"partspec", "PARTITION BY"},
                                  {"tablespacename", "TABLESPACE"},
                                  {"ofTypename", "OF type"}}) {
    if (Has(body, key)) return Unsupported(name, table.name.offset);
  }
  simdjson::dom::array elements;
  if (body["tableElts"].get(elements) != simdjson::SUCCESS) elements = {};
  for (Element element : elements) {
    Element part;
    if (element["ColumnDef"].get(part) == simdjson::SUCCESS) {
      ReadColumn(part, &table);
    } else if (element["Constraint"].get(part) == simdjson::SUCCESS) {
      ReadConstraint(part, nullptr, &table);
    } else {
      Unsupported("LIKE", table.name.offset);
    }
  }
  return table;
}

void StatementReader::ReadColumn(Element body, CreateTable* table) {
  ColumnSyntax column;
  column.name = {std::string(TextOf(body, "colname")), OffsetOf(body)};
  Element type;
  if (body["typeName"].get(type) == simdjson::SUCCESS) {
    SyntaxReader reader(text_, begin_);
    column.type_offset = OffsetOf(type);
    if (!reader.ReadType(type, &column.type)) errors_.push_back(*reader.error());
  }
  if (Has(body, "collClause")) Unsupported("COLLATE", column.name.offset, "text compares by bytes");
  simdjson::dom::array list;
  if (body["fdwoptions"].get(list) == simdjson::SUCCESS) {
    for (Element item : list) {
      Element element;
      std::string_view value;
      if (item["DefElem"].get(element) != simdjson::SUCCESS) continue;
      (void)element["arg"]["String"]["sval"].get(value);
      uint32_t offset = OffsetOf(element);
      column.options.push_back({{std::string(TextOf(element, "defname")), offset}, std::string(value), offset});
    }
  }
  if (body["constraints"].get(list) == simdjson::SUCCESS) {
    for (Element item : list) {
      Element constraint;
      if (item["Constraint"].get(constraint) == simdjson::SUCCESS) ReadConstraint(constraint, &column, table);
    }
  }
  table->columns.push_back(std::move(column));
}

void StatementReader::ReadConstraint(Element body, ColumnSyntax* column, CreateTable* table) {
  std::string_view kind = TextOf(body, "contype");
  uint32_t offset = OffsetOf(body);
  if (kind == "CONSTR_PRIMARY") {
    if (!table->primary_key.empty()) {
      errors_.push_back(
          {ErrorCode::kDuplicateKey, "the table has a primary key already", "name all its columns in one", offset});
      return;
    }
    if (column != nullptr) table->primary_key.push_back(column->name);
    for (std::string& name : NamesOf(body, "keys")) table->primary_key.push_back({std::move(name), offset});
  } else if (kind == "CONSTR_NOTNULL" && column != nullptr) {
    column->not_null = true;
  } else if (kind == "CONSTR_NULL") {
    return;
  } else if (kind == "CONSTR_DEFAULT" && column != nullptr) {
    ReadDefault(body, offset, column);
  } else if (kind == "CONSTR_GENERATED" && column != nullptr) {
    ReadGenerated(offset, column);
  } else {
    std::string_view name = kind == "CONSTR_CHECK"      ? "CHECK"
                            : kind == "CONSTR_UNIQUE"   ? "UNIQUE"
                            : kind == "CONSTR_FOREIGN"  ? "REFERENCES"
                            : kind == "CONSTR_IDENTITY" ? "an identity column"
                                                        : "this constraint";
    Unsupported(name, offset);
  }
}

// GENERATED ALWAYS AS (expression) STORED: the text between the parentheses, which the tree does not tell the end of.
void StatementReader::ReadGenerated(uint32_t offset, ColumnSyntax* column) {
  const std::string_view text = std::string_view(text_).substr(offset - begin_);
  const auto tokens = ScanTokens(std::string(text));
  if (std::holds_alternative<ExpressionError>(tokens)) return;  // told where the statement was parsed
  int depth = 0;
  size_t begin = 0;
  for (const SqlToken& token : std::get<std::vector<SqlToken>>(tokens)) {
    const std::string_view word = text.substr(token.begin, token.end - token.begin);
    if (word == "(" && depth++ == 0) begin = token.end;
    if (word != ")" || --depth > 0) continue;
    column->generated =
        NameSyntax{std::string(text.substr(begin, token.begin - begin)), offset + static_cast<uint32_t>(begin)};
    return;
  }
}

// A constant, maybe with a sign or a cast.
void StatementReader::ReadDefault(Element constraint, uint32_t offset, ColumnSyntax* column) {
  Element expression;
  if (constraint["raw_expr"].get(expression) != simdjson::SUCCESS) return;
  SyntaxReader reader(text_, begin_);
  SyntaxRef syntax = reader.Read(expression);
  if (reader.error()) {
    errors_.push_back(*reader.error());
    return;
  }
  std::string sign;
  while (syntax->kind == SyntaxKind::kCast) syntax = syntax->arguments[0];
  if (syntax->kind == SyntaxKind::kCall && syntax->text == "-" && syntax->arguments.size() == 1) {
    sign = "-";
    syntax = syntax->arguments[0];
  }
  switch (syntax->kind) {
    case SyntaxKind::kString:
    case SyntaxKind::kNumber:
    case SyntaxKind::kBoolean:
      column->default_text = NameSyntax{sign + syntax->text, syntax->offset};
      return;
    case SyntaxKind::kNull:
      return;
    default:  // every other form computes
      Unsupported("a default that is no constant", offset);
  }
}

std::optional<Statement> StatementReader::ReadView(Element body) {
  CreateView view;
  Element relation, select;
  if (body["view"].get(relation) != simdjson::SUCCESS) return std::nullopt;
  view.name = {std::string(TextOf(relation, "relname")), OffsetOf(relation)};
  if (FlagOf(body, "replace")) {
    Unsupported("OR REPLACE", begin_, "leave it out: a definition is applied as a whole");
  }
  if (Has(relation, "schemaname")) Unsupported("a schema", view.name.offset, "leave it out");
  if (TextOf(relation, "relpersistence") != "p") Unsupported("TEMPORARY", begin_);
  if (Has(body, "options"))
    Unsupported("WITH on a plain view", view.name.offset, "CREATE MATERIALIZED VIEW has options");
  std::string_view check = TextOf(body, "withCheckOption");
  if (!check.empty() && check != "NO_CHECK_OPTION") Unsupported("WITH CHECK OPTION", view.name.offset);
  view.columns = NamesOf(body, "aliases");
  if (body["query"]["SelectStmt"].get(select) == simdjson::SUCCESS) view.query = queries_.ReadSelect(select);
  return view;
}

std::optional<Statement> StatementReader::ReadMaterializedView(Element body, std::vector<OptionSyntax> options) {
  CreateView view;
  Element into, relation, select;
  if (body["into"].get(into) != simdjson::SUCCESS || into["rel"].get(relation) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  view.name = {std::string(TextOf(relation, "relname")), OffsetOf(relation)};
  if (TextOf(body, "objtype") != "OBJECT_MATVIEW") {
    return Unsupported("CREATE TABLE AS", view.name.offset, "CREATE MATERIALIZED VIEW name AS SELECT ...");
  }
  if (FlagOf(body, "if_not_exists")) {
    Unsupported("IF NOT EXISTS", view.name.offset, "leave it out: a definition is applied as a whole");
  }
  if (FlagOf(into, "skipData")) Unsupported("WITH NO DATA", view.name.offset);
  if (Has(relation, "schemaname")) Unsupported("a schema", view.name.offset, "leave it out");
  view.materialized = true;
  view.options = std::move(options);
  view.columns = NamesOf(into, "colNames");
  if (body["query"]["SelectStmt"].get(select) == simdjson::SUCCESS) {
    view.query = queries_.ReadSelect(select);
  } else {
    Unsupported("this query", view.name.offset);
  }
  return view;
}

std::optional<Statement> StatementReader::ReadIndex(Element body) {
  CreateIndex index;
  Element relation;
  if (body["relation"].get(relation) != simdjson::SUCCESS) return std::nullopt;
  index.on = {std::string(TextOf(relation, "relname")), OffsetOf(relation)};
  for (const auto& [key, name] : {std::pair("unique", "UNIQUE"), {"concurrent", "CONCURRENTLY"}}) {
    if (FlagOf(body, key)) return Unsupported(name, begin_, "CREATE INDEX ON view (column, ...)");
  }
  if (FlagOf(body, "if_not_exists")) {
    return Unsupported("IF NOT EXISTS", begin_, "leave it out: a definition is applied as a whole");
  }
  for (const auto& [key, name] : {std::pair("whereClause", "WHERE in an index"),
                                  {"indexIncludingParams", "INCLUDE"},
                                  {"options", "WITH in an index"},
                                  {"tableSpace", "TABLESPACE"}}) {
    if (Has(body, key)) return Unsupported(name, index.on.offset, "an index has all rows with all columns");
  }
  const std::string_view method = TextOf(body, "accessMethod");
  if (method != "btree" && method != "hash") {
    return Unsupported(StrCat("an index USING ", method), index.on.offset, "leave USING out");
  }
  simdjson::dom::array elements;
  if (body["indexParams"].get(elements) != simdjson::SUCCESS) return std::nullopt;
  for (Element item : elements) {
    Element element;
    if (item["IndexElem"].get(element) != simdjson::SUCCESS) continue;
    const std::string_view order = TextOf(element, "ordering"), nulls = TextOf(element, "nulls_ordering");
    if (!Has(element, "name")) {
      return Unsupported("an index on an expression", index.on.offset, "make it a column of the view");
    }
    if ((!order.empty() && order != "SORTBY_DEFAULT") || (!nulls.empty() && nulls != "SORTBY_NULLS_DEFAULT") ||
        Has(element, "collation") || Has(element, "opclass")) {
      return Unsupported("an order in an index", index.on.offset, "its rows are found by equality: name columns alone");
    }
    index.columns.push_back({std::string(TextOf(element, "name")), index.on.offset});
  }
  index.name = {std::string(TextOf(body, "idxname")), begin_};
  if (index.name.text.empty()) {  // as PostgreSQL calls it
    index.name.text = index.on.text;
    for (const NameSyntax& column : index.columns) StrAppend(&index.name.text, "_", column.text);
    index.name.text += "_idx";
  }
  return index;
}

std::optional<Statement> StatementReader::ReadComment(Element body) {
  CommentOn comment;
  const std::string_view kind = TextOf(body, "objtype");
  if (kind != "OBJECT_TABLE" && kind != "OBJECT_VIEW" && kind != "OBJECT_MATVIEW" && kind != "OBJECT_COLUMN") {
    return Unsupported("COMMENT ON this", begin_, "COMMENT ON TABLE, VIEW, MATERIALIZED VIEW or COLUMN");
  }
  std::vector<std::string> names;
  simdjson::dom::array items;
  if (body["object"]["List"]["items"].get(items) == simdjson::SUCCESS) {
    for (Element item : items) {
      std::string_view name;
      if (item["String"]["sval"].get(name) == simdjson::SUCCESS) names.emplace_back(name);
    }
  }
  if (names.size() != (kind == "OBJECT_COLUMN" ? 2 : 1)) {
    return Unsupported("this name", begin_, "COMMENT ON COLUMN view.column IS 'text'");
  }
  comment.on = {names[0], begin_};
  if (names.size() == 2) comment.column = names[1];
  comment.text = std::string(TextOf(body, "comment"));
  return comment;
}

std::optional<Statement> StatementReader::ReadSet(Element body) {
  SetOption set;
  set.option.name = {std::string(TextOf(body, "name")), begin_};
  simdjson::dom::array values;
  if (TextOf(body, "kind") != "VAR_SET_VALUE" || body["args"].get(values) != simdjson::SUCCESS || values.size() != 1) {
    return Unsupported("this form of SET", begin_, "SET shards = 2");
  }
  SyntaxRef value = queries_.ReadExpression(values.at(0));
  if (value->kind == SyntaxKind::kWrong) return std::nullopt;
  set.option.value = value->text;
  set.option.value_offset = value->offset;
  return set;
}

}  // namespace freshet
