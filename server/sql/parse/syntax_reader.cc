#include "server/sql/parse/syntax_reader.h"

#include <algorithm>

#include "engine/base/str_cat.h"
#include "server/plan/type_proto.h"
#include "server/sql/parse/tree_fields.h"
#include "server/sql/parse/volatile_functions.h"

namespace freshet {
namespace {

using Element = simdjson::dom::element;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Where a comment at the begin of the text ends; 0: there is none. Those of the second kind nest.
size_t CommentBytes(std::string_view text) {
  if (text.starts_with("--")) return std::min(text.find_first_of("\r\n"), text.size());
  if (!text.starts_with("/*")) return 0;
  size_t depth = 0, at = 0;
  do {
    std::string_view pair = text.substr(at, 2);
    depth += pair == "/*" ? 1 : 0;
    depth -= pair == "*/" ? 1 : 0;
    at += pair == "/*" || pair == "*/" ? 2 : 1;
  } while (depth > 0 && at < text.size());
  return std::min(at, text.size());
}

size_t FirstDigit(std::string_view text) {
  size_t at = 0;
  while (at < text.size() && !IsDigit(text[at])) at += std::max<size_t>(CommentBytes(text.substr(at)), 1);
  return at;
}

}  // namespace

uint32_t SyntaxReader::OffsetOf(Element body) const {
  int64_t location = 0;
  (void)body["location"].get(location);  // 0 is left out
  return static_cast<uint32_t>(std::max<int64_t>(location + shift_, 0));
}

// The tree that libpg_query writes has no value for 0, nor for negative numbers, into which PostgreSQL's parser folds a
// minus sign. So the digits come from the text: the first ones behind the sign that are not in a comment.
int64_t SyntaxReader::IntegerOf(Element constant) const {
  int64_t value = 0;
  if (constant["ival"]["ival"].get(value) == simdjson::SUCCESS) return value;
  int64_t location = 0;
  if (constant["location"].get(location) != simdjson::SUCCESS) return 0;
  std::string_view rest = statement_.substr(std::min<size_t>(static_cast<size_t>(location), statement_.size()));
  rest.remove_prefix(std::min(FirstDigit(rest), rest.size()));
  for (; !rest.empty() && IsDigit(rest[0]); rest.remove_prefix(1)) value = value * 10 + (rest[0] - '0');
  return -value;
}

SyntaxRef SyntaxReader::Fail(ErrorCode code, std::string message, uint32_t offset, std::string suggestion) {
  if (!error_) error_ = ExpressionError{code, std::move(message), std::move(suggestion), offset};
  return nullptr;
}

SyntaxRef SyntaxReader::Unsupported(std::string_view what, Element body, std::string suggestion) {
  return Fail(ErrorCode::kUnsupported, StrCat(what, " is not built in this release"), OffsetOf(body),
              std::move(suggestion));
}

SyntaxRef SyntaxReader::Make(SyntaxKind kind, uint32_t offset, std::vector<SyntaxRef> arguments) {
  auto syntax = std::make_shared<Syntax>();
  syntax->kind = kind;
  syntax->offset = offset;
  syntax->arguments = std::move(arguments);
  return syntax;
}

SyntaxRef SyntaxReader::MakeCall(std::string name, uint32_t offset, std::vector<SyntaxRef> arguments) {
  auto syntax = std::make_shared<Syntax>();
  syntax->kind = SyntaxKind::kCall;
  syntax->offset = offset;
  syntax->text = std::move(name);
  syntax->arguments = std::move(arguments);
  return syntax;
}

SyntaxRef SyntaxReader::Read(Element element) {
  if (error_) return nullptr;
  if (depth_ >= kMaxExpressionDepth) {
    return Fail(ErrorCode::kExpressionTooLarge, StrCat("the expression is nested deeper than ", kMaxExpressionDepth), 0,
                "split it over columns of a project");
  }
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS || object.size() != 1) {
    return Fail(ErrorCode::kSyntaxError, "it cannot be read as an expression", 0);
  }
  ++depth_;
  auto field = *object.begin();
  SyntaxRef syntax = ReadObject(field.key, field.value);
  --depth_;
  return syntax;
}

SyntaxRef SyntaxReader::ReadObject(std::string_view type, Element body) {
  if (type == "ColumnRef") return ReadColumn(body);
  if (type == "A_Const") return ReadConstant(body);
  if (type == "A_Expr") return ReadOperation(body);
  if (type == "BoolExpr") return ReadBoolean(body);
  if (type == "CaseExpr") return ReadCase(body);
  if (type == "NullTest") return ReadNullTest(body);
  if (type == "BooleanTest") return ReadBooleanTest(body);
  if (type == "TypeCast") return ReadCast(body);
  if (type == "FuncCall") return ReadCall(body);
  if (type == "CoalesceExpr") return ReadList(body, SyntaxKind::kCoalesce);
  if (type == "MinMaxExpr") {
    return ReadList(body, TextOf(body, "op") == "IS_LEAST" ? SyntaxKind::kLeast : SyntaxKind::kGreatest);
  }
  if (type == "SubLink") return ReadSubquery(body);
  if (type == "ParamRef") return Unsupported("a parameter ($1)", body);
  if (type == "A_ArrayExpr") return ReadArray(body);
  if (type == "RowExpr") return Unsupported("a row value", body);
  if (type == "A_Indirection") return ReadIndirection(body);
  if (type == "SQLValueFunction") {
    return Unsupported("the current time or user in an expression", body,
                       "results must follow from the input alone: take the time from a column");
  }
  if (type == "CollateClause") return Unsupported("COLLATE", body, "text compares by bytes");
  if (type == "GroupingFunc") return ReadList(body, SyntaxKind::kGrouping);
  return Unsupported(StrCat("the construct ", type), body);
}

SyntaxRef SyntaxReader::ReadColumn(Element body) {
  simdjson::dom::array fields;
  std::vector<std::string> names = NamesOf(body, "fields");
  if (body["fields"].get(fields) != simdjson::SUCCESS || names.size() != fields.size()) {
    return Fail(ErrorCode::kSyntaxError, "`*` stands for no single value", OffsetOf(body), "name a column");
  }
  if (names.empty() || names.size() > 2) {
    return Fail(ErrorCode::kUnknownColumn, "a column is written as `column` or `relation.column`", OffsetOf(body));
  }
  auto syntax = std::make_shared<Syntax>();
  syntax->kind = SyntaxKind::kColumn;
  syntax->offset = OffsetOf(body);
  syntax->names = std::move(names);
  return syntax;
}

SyntaxRef SyntaxReader::ReadConstant(Element body) {
  auto syntax = std::make_shared<Syntax>();
  syntax->offset = OffsetOf(body);
  std::string_view text;
  if (FlagOf(body, "isnull")) {
    syntax->kind = SyntaxKind::kNull;
  } else if (Has(body, "ival")) {
    syntax->kind = SyntaxKind::kNumber;
    syntax->text = StrCat(IntegerOf(body));
  } else if (Has(body, "fval")) {
    (void)body["fval"]["fval"].get(text);
    syntax->kind = SyntaxKind::kNumber;
    syntax->text = std::string(text);
  } else if (Has(body, "boolval")) {
    bool value = false;
    (void)body["boolval"]["boolval"].get(value);
    syntax->kind = SyntaxKind::kBoolean;
    syntax->text = value ? "true" : "false";
  } else if (Has(body, "sval")) {
    (void)body["sval"]["sval"].get(text);
    syntax->kind = SyntaxKind::kString;
    syntax->text = std::string(text);
  } else {
    return Unsupported("a bit string", body);
  }
  return syntax;
}

SyntaxRef SyntaxReader::ReadOperation(Element body) {
  std::string_view kind = TextOf(body, "kind");
  uint32_t offset = OffsetOf(body);
  if (kind == "AEXPR_IN") {
    std::vector<std::string> names = NamesOf(body, "name");
    return ReadIn(body, !names.empty() && names[0] == "<>");
  }
  if (kind.starts_with("AEXPR_BETWEEN") || kind.starts_with("AEXPR_NOT_BETWEEN")) return ReadBetween(body, kind);
  if (kind == "AEXPR_LIKE" || kind == "AEXPR_ILIKE") return ReadLike(body, kind);
  if (kind == "AEXPR_SIMILAR") return Unsupported("SIMILAR TO", body, "use LIKE");
  if (kind == "AEXPR_OP_ANY" || kind == "AEXPR_OP_ALL") return ReadQuantified(body, kind == "AEXPR_OP_ANY");
  std::vector<SyntaxRef> arguments;
  for (const char* side : {"lexpr", "rexpr"}) {
    Element operand;
    if (body[side].get(operand) != simdjson::SUCCESS) continue;
    SyntaxRef read = Read(operand);
    if (read == nullptr) return nullptr;
    arguments.push_back(std::move(read));
  }
  if (kind == "AEXPR_NULLIF") return Make(SyntaxKind::kNullIf, offset, std::move(arguments));
  if (kind == "AEXPR_DISTINCT") return Make(SyntaxKind::kIsDistinctFrom, offset, std::move(arguments));
  if (kind == "AEXPR_NOT_DISTINCT") {
    return Make(SyntaxKind::kNot, offset, {Make(SyntaxKind::kIsDistinctFrom, offset, std::move(arguments))});
  }
  if (kind != "AEXPR_OP") return Unsupported(StrCat("the construct ", kind), body);
  std::vector<std::string> names = NamesOf(body, "name");
  if (names.size() != 1) return Unsupported("an operator with a schema", body);
  return MakeCall(names[0] == "!=" ? "<>" : names[0], offset, std::move(arguments));
}

SyntaxRef SyntaxReader::ReadSubquery(Element body) {
  if (queries_ == nullptr) return Unsupported("a subquery in an expression", body, "use a semi or anti join");
  auto syntax = std::make_shared<Syntax>();
  syntax->offset = OffsetOf(body);
  std::string_view type = TextOf(body, "subLinkType");
  if (type == "EXISTS_SUBLINK") {
    syntax->kind = SyntaxKind::kExists;
  } else if (type == "EXPR_SUBLINK") {
    syntax->kind = SyntaxKind::kScalarSubquery;
  } else if (type == "ANY_SUBLINK" || type == "ALL_SUBLINK") {
    // x IN (query) has no operator.
    std::vector<std::string> names = NamesOf(body, "operName");
    syntax->kind = type == "ANY_SUBLINK" ? SyntaxKind::kAnySubquery : SyntaxKind::kAllSubquery;
    syntax->text = names.empty() ? "=" : names[0] == "!=" ? "<>" : names[0];
    Element operand;
    if (body["testexpr"].get(operand) != simdjson::SUCCESS) return Unsupported("this subquery", body);
    SyntaxRef read = Read(operand);
    if (read == nullptr) return nullptr;
    syntax->arguments.push_back(std::move(read));
  } else {
    return Unsupported(type == "ARRAY_SUBLINK" ? "ARRAY(query)" : "this subquery", body);
  }
  Element select;
  if (body["subselect"]["SelectStmt"].get(select) != simdjson::SUCCESS) return Unsupported("this subquery", body);
  syntax->query = queries_->ReadSelect(select);
  // What is wrong in the query has been told there.
  if (syntax->query == nullptr) syntax->kind = SyntaxKind::kWrong;
  return syntax;
}

// x IN (a, b) is x = a OR x = b; the operand is shared.
SyntaxRef SyntaxReader::ReadIn(Element body, bool negated) {
  uint32_t offset = OffsetOf(body);
  Element left, list;
  if (body["lexpr"].get(left) != simdjson::SUCCESS || body["rexpr"].get(list) != simdjson::SUCCESS) {
    return Fail(ErrorCode::kSyntaxError, "IN needs a list", offset);
  }
  SyntaxRef operand = Read(left);
  std::vector<SyntaxRef> items;
  Element list_body;
  if (operand == nullptr || list["List"].get(list_body) != simdjson::SUCCESS ||
      !ReadArguments(list_body, "items", &items)) {
    return error_ ? nullptr : Unsupported("IN over this", body);
  }
  std::vector<SyntaxRef> equalities;
  for (SyntaxRef& item : items) equalities.push_back(MakeCall("=", item->offset, {operand, std::move(item)}));
  SyntaxRef any = equalities.size() == 1 ? equalities[0] : Make(SyntaxKind::kOr, offset, std::move(equalities));
  return negated ? Make(SyntaxKind::kNot, offset, {any}) : any;
}

SyntaxRef SyntaxReader::ReadBetween(Element body, std::string_view kind) {
  uint32_t offset = OffsetOf(body);
  Element left, list_body;
  std::vector<SyntaxRef> bounds;
  if (body["lexpr"].get(left) != simdjson::SUCCESS || body["rexpr"]["List"].get(list_body) != simdjson::SUCCESS) {
    return Fail(ErrorCode::kSyntaxError, "BETWEEN needs two bounds", offset);
  }
  SyntaxRef operand = Read(left);
  if (operand == nullptr || !ReadArguments(list_body, "items", &bounds)) return nullptr;
  if (bounds.size() != 2) return Fail(ErrorCode::kSyntaxError, "BETWEEN needs two bounds", offset);
  auto lies_between = [&](const SyntaxRef& low, const SyntaxRef& high) {
    return Make(SyntaxKind::kAnd, offset,
                {MakeCall(">=", offset, {operand, low}), MakeCall("<=", offset, {operand, high})});
  };
  SyntaxRef both = lies_between(bounds[0], bounds[1]);
  if (kind.ends_with("_SYM")) {
    both = Make(SyntaxKind::kOr, offset, {both, lies_between(bounds[1], bounds[0])});
  }
  return kind.starts_with("AEXPR_NOT") ? Make(SyntaxKind::kNot, offset, {both}) : both;
}

SyntaxRef SyntaxReader::ReadLike(Element body, std::string_view kind) {
  uint32_t offset = OffsetOf(body);
  std::vector<std::string> names = NamesOf(body, "name");
  Element left, right;
  if (body["lexpr"].get(left) != simdjson::SUCCESS || body["rexpr"].get(right) != simdjson::SUCCESS) {
    return Fail(ErrorCode::kSyntaxError, "LIKE needs a pattern", offset);
  }
  // The parser makes LIKE a ESCAPE b a call of like_escape(a, b) on the right.
  SyntaxRef text = Read(left);
  SyntaxRef pattern = text == nullptr ? nullptr : Read(right);
  if (pattern == nullptr) return nullptr;
  SyntaxRef like = MakeCall(kind == "AEXPR_LIKE" ? "like" : "ilike", offset, {text, pattern});
  return !names.empty() && names[0].starts_with("!") ? Make(SyntaxKind::kNot, offset, {like}) : like;
}

SyntaxRef SyntaxReader::ReadBoolean(Element body) {
  std::string_view operation = TextOf(body, "boolop");
  return ReadList(body, operation == "AND_EXPR"  ? SyntaxKind::kAnd
                        : operation == "OR_EXPR" ? SyntaxKind::kOr
                                                 : SyntaxKind::kNot);
}

SyntaxRef SyntaxReader::ReadList(Element body, SyntaxKind kind, std::string_view key) {
  std::vector<SyntaxRef> arguments;
  if (!ReadArguments(body, key, &arguments)) return nullptr;
  return Make(kind, OffsetOf(body), std::move(arguments));
}

// CASE x WHEN a THEN b is CASE WHEN x = a THEN b.
SyntaxRef SyntaxReader::ReadCase(Element body) {
  uint32_t offset = OffsetOf(body);
  SyntaxRef operand;
  Element element;
  if (body["arg"].get(element) == simdjson::SUCCESS) {
    operand = Read(element);
    if (operand == nullptr) return nullptr;
  }
  std::vector<SyntaxRef> arguments;
  simdjson::dom::array branches;
  if (body["args"].get(branches) != simdjson::SUCCESS) return Fail(ErrorCode::kSyntaxError, "CASE needs WHEN", offset);
  for (Element branch : branches) {
    Element when_body, when, then;
    if (branch["CaseWhen"].get(when_body) != simdjson::SUCCESS || when_body["expr"].get(when) != simdjson::SUCCESS ||
        when_body["result"].get(then) != simdjson::SUCCESS) {
      return Fail(ErrorCode::kSyntaxError, "WHEN needs THEN", offset);
    }
    SyntaxRef condition = Read(when);
    SyntaxRef result = condition == nullptr ? nullptr : Read(then);
    if (result == nullptr) return nullptr;
    if (operand != nullptr) condition = MakeCall("=", condition->offset, {operand, condition});
    arguments.push_back(std::move(condition));
    arguments.push_back(std::move(result));
  }
  SyntaxRef otherwise = Make(SyntaxKind::kNull, offset, {});
  if (body["defresult"].get(element) == simdjson::SUCCESS) {
    otherwise = Read(element);
    if (otherwise == nullptr) return nullptr;
  }
  arguments.push_back(std::move(otherwise));
  return Make(SyntaxKind::kCase, offset, std::move(arguments));
}

SyntaxRef SyntaxReader::ReadNullTest(Element body) {
  Element operand;
  if (body["arg"].get(operand) != simdjson::SUCCESS) return Fail(ErrorCode::kSyntaxError, "IS NULL of nothing", 0);
  SyntaxRef read = Read(operand);
  if (read == nullptr) return nullptr;
  SyntaxRef test = Make(SyntaxKind::kIsNull, OffsetOf(body), {read});
  return TextOf(body, "nulltesttype") == "IS_NOT_NULL" ? Make(SyntaxKind::kNot, OffsetOf(body), {test}) : test;
}

// x IS TRUE is x IS NOT DISTINCT FROM true.
SyntaxRef SyntaxReader::ReadBooleanTest(Element body) {
  uint32_t offset = OffsetOf(body);
  Element operand;
  if (body["arg"].get(operand) != simdjson::SUCCESS) return Fail(ErrorCode::kSyntaxError, "IS TRUE of nothing", 0);
  SyntaxRef read = Read(operand);
  if (read == nullptr) return nullptr;
  std::string_view type = TextOf(body, "booltesttype");
  auto constant = std::make_shared<Syntax>();
  constant->kind = SyntaxKind::kBoolean;
  constant->offset = offset;
  constant->text = type.ends_with("TRUE") ? "true" : "false";
  if (type.ends_with("UNKNOWN")) constant->kind = SyntaxKind::kNull;
  SyntaxRef differs = Make(SyntaxKind::kIsDistinctFrom, offset, {read, constant});
  return type.starts_with("IS_NOT") ? differs : Make(SyntaxKind::kNot, offset, {differs});
}

// `interval '3' month`: the parser gives the field as a bit of a mask (PostgreSQL's datetime.h). Empty: there is none,
// or it is no single one.
std::string_view SyntaxReader::IntervalUnitOf(Element type_name) const {
  static constexpr std::pair<int, std::string_view> kUnits[] = {{1, "month"}, {2, "year"},    {3, "day"},
                                                                {10, "hour"}, {11, "minute"}, {12, "second"}};
  simdjson::dom::array modifiers;
  Element mask;
  if (type_name["typmods"].get(modifiers) != simdjson::SUCCESS || modifiers.size() != 1 ||
      modifiers.at(0)["A_Const"].get(mask) != simdjson::SUCCESS) {
    return "";
  }
  const int64_t bits = IntegerOf(mask);
  for (const auto& [bit, unit] : kUnits) {
    if (bits == int64_t{1} << bit) return unit;
  }
  return "";
}

bool SyntaxReader::ReadType(Element type_name, v1::Type* out, std::string_view* unit) {
  std::vector<std::string> names = NamesOf(type_name, "names");
  uint32_t offset = OffsetOf(type_name);
  if (names.empty()) return Fail(ErrorCode::kUnknownType, "a type should stand here", offset) != nullptr;
  std::string name = names.back();
  if (name == "interval" && unit != nullptr && !IntervalUnitOf(type_name).empty()) {
    *unit = IntervalUnitOf(type_name);
    out->set_kind(v1::INTERVAL);
    return true;
  }
  if (name == "interval" && Has(type_name, "typmods")) {
    Unsupported("an interval of some fields or with a precision", type_name);
    return false;
  }
  simdjson::dom::array modifiers;
  if (type_name["typmods"].get(modifiers) == simdjson::SUCCESS) {
    name += "(";
    for (size_t i = 0; i < modifiers.size(); ++i) {
      Element modifier;
      int64_t value = modifiers.at(i)["A_Const"].get(modifier) == simdjson::SUCCESS ? IntegerOf(modifier) : 0;
      StrAppend(&name, i > 0 ? "," : "", value);
    }
    name += ")";
  }
  simdjson::dom::array bounds;
  if (type_name["arrayBounds"].get(bounds) == simdjson::SUCCESS) {
    for (size_t i = 0; i < bounds.size(); ++i) name += "[]";
  }
  if (auto type = ParseTypeProto(name)) {
    *out = *std::move(type);
    return true;
  }
  Fail(ErrorCode::kUnknownType, StrCat("there is no type `", name, "`"), offset, SuggestTypeName(name));
  return false;
}

SyntaxRef SyntaxReader::ReadCast(Element body) {
  Element operand, type_name;
  if (body["arg"].get(operand) != simdjson::SUCCESS || body["typeName"].get(type_name) != simdjson::SUCCESS) {
    return Fail(ErrorCode::kSyntaxError, "a cast needs a value and a type", OffsetOf(body));
  }
  auto syntax = std::make_shared<Syntax>();
  syntax->kind = SyntaxKind::kCast;
  std::string_view unit;
  if (!ReadType(type_name, &syntax->type, &unit)) return nullptr;
  // `date '2013-01-01'` has no location of its own.
  syntax->offset = OffsetOf(body) != 0 ? OffsetOf(body) : OffsetOf(type_name);
  SyntaxRef read = Read(operand);
  if (read == nullptr) return nullptr;
  if (!unit.empty()) {
    if (read->kind != SyntaxKind::kString || read->text.find_first_not_of("+-.0123456789 ") != std::string::npos) {
      return Unsupported("an interval of some fields", body, "write the units into the text: '1 day'");
    }
    auto with_unit = std::make_shared<Syntax>(*read);
    StrAppend(&with_unit->text, " ", unit);
    read = std::move(with_unit);
  }
  syntax->arguments.push_back(std::move(read));
  return syntax;
}

bool SyntaxReader::ReadArguments(Element body, std::string_view key, std::vector<SyntaxRef>* out) {
  simdjson::dom::array array;
  if (body[key].get(array) != simdjson::SUCCESS) return true;
  for (Element item : array) {
    SyntaxRef read = Read(item);
    if (read == nullptr) return false;
    out->push_back(std::move(read));
  }
  return true;
}

// NULLs stand last, or first where the order is descending, unless the text says otherwise.
bool SyntaxReader::ReadOrder(Element body, std::string_view key, std::vector<SortSyntax>* out) {
  simdjson::dom::array items;
  if (body[key].get(items) != simdjson::SUCCESS) return true;
  for (Element item : items) {
    Element sort, value;
    if (item["SortBy"].get(sort) != simdjson::SUCCESS || sort["node"].get(value) != simdjson::SUCCESS) {
      Fail(ErrorCode::kSyntaxError, "ORDER BY needs a value", OffsetOf(body));
      return false;
    }
    if (Has(sort, "useOp")) {
      Unsupported("ORDER BY ... USING", body, "use ASC or DESC");
      return false;
    }
    SortSyntax read;
    read.value = Read(value);
    if (read.value == nullptr) return false;
    read.descending = TextOf(sort, "sortby_dir") == "SORTBY_DESC";
    std::string_view nulls = TextOf(sort, "sortby_nulls");
    read.nulls_first = nulls == "SORTBY_NULLS_FIRST" || (nulls != "SORTBY_NULLS_LAST" && read.descending);
    out->push_back(std::move(read));
  }
  return true;
}

// overlay(a placing b from n for m) is a up to n, b, and a from n + m on; m is b's length if it is left out.
SyntaxRef SyntaxReader::MakeOverlay(uint32_t offset, const std::vector<SyntaxRef>& arguments) {
  auto one = std::make_shared<Syntax>();
  one->kind = SyntaxKind::kNumber;
  one->offset = offset;
  one->text = "1";
  const SyntaxRef& text = arguments[0];
  const SyntaxRef& placed = arguments[1];
  const SyntaxRef& start = arguments[2];
  SyntaxRef count = arguments.size() == 4 ? arguments[3] : MakeCall("length", offset, {placed});
  SyntaxRef before = MakeCall("substring", offset, {text, one, MakeCall("-", offset, {start, one})});
  SyntaxRef behind = MakeCall("substring", offset, {text, MakeCall("+", offset, {start, count})});
  return MakeCall("||", offset, {MakeCall("||", offset, {before, placed}), behind});
}

SyntaxRef SyntaxReader::ReadCall(Element body) {
  if (Has(body, "over")) return Unsupported("a window (OVER)", body);
  if (FlagOf(body, "func_variadic")) return Unsupported("VARIADIC", body);
  std::vector<std::string> names = NamesOf(body, "funcname");
  if (names.empty() || (names.size() == 2 && names[0] != "pg_catalog") || names.size() > 2) {
    return Unsupported("a function with a schema", body);
  }
  auto syntax = std::make_shared<Syntax>();
  syntax->kind = SyntaxKind::kCall;
  syntax->offset = OffsetOf(body);
  syntax->text = names.back();
  if (IsVolatileFunction(syntax->text)) {
    return Unsupported(StrCat(syntax->text, "() in an expression"), body,
                       "results must follow from the input alone: take times and random values from a column");
  }
  syntax->star = FlagOf(body, "agg_star");
  syntax->distinct = FlagOf(body, "agg_distinct");
  if (!ReadArguments(body, "args", &syntax->arguments)) return nullptr;
  if (!ReadOrder(body, "agg_order", &syntax->order)) return nullptr;
  syntax->within_group = FlagOf(body, "agg_within_group");
  bool plain = !syntax->star && !syntax->distinct && !Has(body, "agg_filter");
  if (syntax->text == "overlay" && plain && (syntax->arguments.size() == 3 || syntax->arguments.size() == 4)) {
    return MakeOverlay(syntax->offset, syntax->arguments);
  }
  Element filter;
  if (body["agg_filter"].get(filter) == simdjson::SUCCESS) {
    syntax->filter = Read(filter);
    if (syntax->filter == nullptr) return nullptr;
  }
  return syntax;
}

}  // namespace freshet
