#include "server/sql/bind/expression_writer.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "engine/base/str_cat.h"
#include "engine/functions/aggregate/aggregate_list.h"
#include "server/plan/type_proto.h"

namespace freshet {
namespace {

v1::TypeKind NumberKind(const std::string& text) {
  int64_t integer = 0;
  if (!absl::SimpleAtoi(text, &integer)) return v1::NUMERIC;
  return integer >= INT32_MIN && integer <= INT32_MAX ? v1::INTEGER : v1::BIGINT;
}

template <typename Test>
bool Any(const Syntax& syntax, Test test) {
  if (test(syntax)) return true;
  bool found = syntax.filter != nullptr && Any(*syntax.filter, test);
  for (const SyntaxRef& argument : syntax.arguments) found = found || Any(*argument, test);
  for (const SortSyntax& key : syntax.order) found = found || Any(*key.value, test);
  return found;
}

}  // namespace

bool IsAggregateCall(const Syntax& syntax) {
  return syntax.kind == SyntaxKind::kCall && !FindAggregates(syntax.text).empty();
}

bool HasAggregate(const Syntax& syntax) {
  return Any(syntax, [](const Syntax& each) { return IsAggregateCall(each) || each.kind == SyntaxKind::kGrouping; });
}

bool HasSubquery(const Syntax& syntax) {
  return Any(syntax, [](const Syntax& each) { return each.query != nullptr; });
}

std::string ColumnNameOf(const Syntax& syntax) {
  switch (syntax.kind) {
    case SyntaxKind::kColumn:
      return syntax.names.back();
    case SyntaxKind::kCall: {
      if (syntax.text == "[]" || syntax.text == "[:]") return ColumnNameOf(*syntax.arguments[0]);
      bool word =
          !syntax.text.empty() && (isalpha(static_cast<unsigned char>(syntax.text[0])) || syntax.text[0] == '_');
      return word && syntax.text != "like" && syntax.text != "ilike" ? syntax.text : "?column?";
    }
    case SyntaxKind::kCast: {
      std::string name = ColumnNameOf(*syntax.arguments[0]);
      if (name != "?column?") return name;
      std::string type = FormatTypeProto(syntax.type);
      return type.substr(0, type.find('('));
    }
    case SyntaxKind::kCase: {
      std::string name = ColumnNameOf(*syntax.arguments.back());
      return name == "?column?" ? "case" : name;
    }
    case SyntaxKind::kBoolean:
      return "bool";
    case SyntaxKind::kCoalesce:
      return "coalesce";
    case SyntaxKind::kNullIf:
      return "nullif";
    case SyntaxKind::kGreatest:
      return "greatest";
    case SyntaxKind::kLeast:
      return "least";
    case SyntaxKind::kGrouping:
      return "grouping";
    case SyntaxKind::kExists:
      return "exists";
    case SyntaxKind::kScalarSubquery:
      if (syntax.query->items.size() != 1 || syntax.query->items[0].value == nullptr) return "?column?";
      return syntax.query->items[0].alias.empty() ? ColumnNameOf(*syntax.query->items[0].value)
                                                  : syntax.query->items[0].alias;
    case SyntaxKind::kString:
    case SyntaxKind::kNumber:
    case SyntaxKind::kNull:
    case SyntaxKind::kAnd:
    case SyntaxKind::kOr:
    case SyntaxKind::kNot:
    case SyntaxKind::kIsNull:
    case SyntaxKind::kIsDistinctFrom:
    case SyntaxKind::kAnySubquery:
    case SyntaxKind::kAllSubquery:
    case SyntaxKind::kWrong:
      return "?column?";
  }
  __builtin_unreachable();
}

std::nullopt_t ExpressionWriter::Fail(ErrorCode code, const Syntax& at, std::string message, std::string suggestion) {
  errors_.push_back({code, std::move(message), std::move(suggestion), at.offset});
  return std::nullopt;
}

std::optional<v1::Expression> ExpressionWriter::Write(const Syntax& syntax) {
  v1::Expression out;
  out.set_position(syntax.offset + 1);
  switch (syntax.kind) {
    case SyntaxKind::kColumn:
      return WriteColumn(syntax);
    case SyntaxKind::kString:
      out.mutable_literal()->set_text(syntax.text);
      return out;
    case SyntaxKind::kNumber:
      out.mutable_literal()->set_text(syntax.text);
      out.mutable_literal()->mutable_type()->set_kind(NumberKind(syntax.text));
      return out;
    case SyntaxKind::kBoolean:
      out.mutable_literal()->set_text(syntax.text);
      out.mutable_literal()->mutable_type()->set_kind(v1::BOOLEAN);
      return out;
    case SyntaxKind::kNull:
      out.mutable_literal()->set_null(true);
      return out;
    case SyntaxKind::kCall:
      if (!IsAggregateCall(syntax)) return WriteCall(syntax);
      if (specials_ != nullptr) return specials_->WriteAggregate(syntax);
      return Fail(ErrorCode::kMisplacedAggregate, syntax, StrCat("the aggregate ", syntax.text, " cannot stand here"),
                  "conditions on groups stand in HAVING");
    case SyntaxKind::kCast: {
      auto operand = Write(*syntax.arguments[0]);
      if (!operand) return std::nullopt;
      *out.mutable_cast()->mutable_operand() = *std::move(operand);
      *out.mutable_cast()->mutable_type() = syntax.type;
      return out;
    }
    case SyntaxKind::kAnd:
      return WriteForm(syntax, "and");
    case SyntaxKind::kOr:
      return WriteForm(syntax, "or");
    case SyntaxKind::kNot:
      return WriteForm(syntax, "not");
    case SyntaxKind::kCase:
      return WriteForm(syntax, "case");
    case SyntaxKind::kCoalesce:
      return WriteForm(syntax, "coalesce");
    case SyntaxKind::kNullIf:
      return WriteForm(syntax, "nullif");
    case SyntaxKind::kIsNull:
      return WriteForm(syntax, "is null");
    case SyntaxKind::kIsDistinctFrom:
      return WriteForm(syntax, "is distinct from");
    case SyntaxKind::kGreatest:
      return WriteForm(syntax, "greatest");
    case SyntaxKind::kLeast:
      return WriteForm(syntax, "least");
    case SyntaxKind::kGrouping:
      if (specials_ != nullptr) return specials_->WriteAggregate(syntax);
      return Fail(ErrorCode::kMisplacedAggregate, syntax, "GROUPING cannot stand here");
    case SyntaxKind::kExists:
    case SyntaxKind::kScalarSubquery:
    case SyntaxKind::kAnySubquery:
    case SyntaxKind::kAllSubquery:
      if (specials_ != nullptr) return specials_->WriteSubquery(syntax);
      return Fail(ErrorCode::kUnsupported, syntax, "a subquery here is not built in this release");
    case SyntaxKind::kWrong:
      return std::nullopt;
  }
  __builtin_unreachable();
}

std::optional<v1::Expression> ExpressionWriter::WriteColumn(const Syntax& syntax) {
  auto found = scope_.Find(syntax.names, syntax.offset);
  if (auto* error = std::get_if<ExpressionError>(&found)) {
    errors_.push_back(std::move(*error));
    return std::nullopt;
  }
  const FoundName& name = std::get<FoundName>(found);
  if (name.outer && outer_ == OuterNames::kRefused) {
    return Fail(ErrorCode::kUnsupported, syntax,
                StrCat("the column ", syntax.names.back(),
                       " of the query around this one, in this place, is not built in this release"),
                "compare it in WHERE");
  }
  return logical::Column(name.internal, syntax.offset + 1);
}

std::optional<v1::Expression> ExpressionWriter::WriteForm(const Syntax& syntax, const char* form) {
  std::vector<v1::Expression> arguments;
  bool complete = true;
  for (const SyntaxRef& argument : syntax.arguments) {
    auto written = Write(*argument);
    complete = complete && written.has_value();
    if (written) arguments.push_back(*std::move(written));
  }
  if (!complete) return std::nullopt;
  return logical::Call(form, std::move(arguments), syntax.offset + 1);
}

std::optional<v1::Expression> ExpressionWriter::WriteCall(const Syntax& call) {
  auto written = WriteForm(call, call.text.c_str());
  std::optional<v1::Expression> filter;
  if (call.filter != nullptr) filter = Write(*call.filter);
  std::vector<v1::SortKey> order;
  for (const SortSyntax& key : call.order) {
    auto value = Write(*key.value);
    if (!value) continue;
    v1::SortKey& made = order.emplace_back();
    *made.mutable_expression() = *std::move(value);
    made.set_descending(key.descending);
    made.set_nulls_first(key.nulls_first);
  }
  if (!written || (call.filter != nullptr && !filter) || order.size() != call.order.size()) return std::nullopt;
  written->mutable_call()->set_star(call.star);
  written->mutable_call()->set_distinct(call.distinct);
  if (filter) *written->mutable_call()->mutable_filter() = *std::move(filter);
  for (v1::SortKey& key : order) *written->mutable_call()->add_order() = std::move(key);
  written->mutable_call()->set_within_group(call.within_group);
  return written;
}

}  // namespace freshet
