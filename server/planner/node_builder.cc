#include "server/planner/node_builder.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "engine/base/str_cat.h"
#include "engine/columnar/array.h"
#include "engine/functions/table/table_function_list.h"
#include "server/definitions/places.h"
#include "server/definitions/suggestion.h"
#include "server/plan/key_equality.h"
#include "server/planner/aggregate_builder.h"
#include "server/planner/join_builder.h"
#include "server/planner/names.h"
#include "server/sql/bind/bind_expression.h"
#include "server/sql/bind/expression_binder.h"
#include "server/sql/bind/syntax_from_proto.h"

namespace freshet {
namespace {

Expression ColumnOf(const Relation& relation, uint32_t column) {
  return Expression::Column(ColumnIndex(column), relation.schema[column].type);
}

// Whether the column is a constant NULL that was written without a type: the inputs beside it decide on one.
bool IsNullColumn(const PlanNode& node, uint32_t column) {
  const auto* project = node.As<PlanProject>();
  if (project == nullptr) return false;
  const Expression& expression = project->columns[column];
  if (expression.kind == ExpressionKind::kColumn) return IsNullColumn(*node.inputs[0], expression.column.value());
  return expression.kind == ExpressionKind::kLiteral && expression.literal.is_null() &&
         expression.type.kind == TypeKind::kText;
}

// A table function's call with its arguments over the input.
struct TableCall {
  const TableFunction* function = nullptr;
  std::vector<Expression> arguments;

  DataType type() const { return ResultTypeOf(*function, TypesOf(arguments)); }
};

std::optional<TableCall> ResolveTableCall(const Syntax& syntax, std::vector<BoundValue> values,
                                          std::vector<ExpressionError>& errors) {
  std::vector<const TableFunction*> functions;
  std::vector<Signature> signatures;
  std::vector<std::string> names;
  for (const TableFunction& function : TableFunctions()) {
    names.emplace_back(function.name);
    if (function.name != syntax.text) continue;
    functions.push_back(&function);
    signatures.push_back(function.arguments);
  }
  std::vector<ArgumentType> types;
  for (const BoundValue& value : values) types.push_back(value.type());
  OverloadChoice choice = ChooseOverload(signatures, types, /*is_operator=*/false);
  if (!choice.index) {
    bool known = !functions.empty();
    errors.push_back({ErrorCode::kUnknownFunction,
                      known ? StrCat("the table function ", syntax.text, " does not take ", DescribeArguments(values))
                            : StrCat("there is no table function ", syntax.text),
                      known ? "" : SuggestName(syntax.text, names), syntax.offset});
    return std::nullopt;
  }
  TableCall call{functions[*choice.index], {}};
  for (size_t i = 0; i < values.size(); ++i) {
    TypeKind wanted = call.function->arguments[i];
    if (wanted == TypeKind::kArray && values[i].untyped) {
      errors.push_back({ErrorCode::kTypeMismatch, "the type of the array's elements is not known",
                        "cast it: '{1,2}'::integer[]", values[i].offset});
      return std::nullopt;
    }
    bool same = !values[i].untyped && values[i].expression.type.kind == wanted;
    CoerceResult result =
        same ? CoerceResult(std::move(values[i].expression)) : CoerceImplicitly(std::move(values[i]), DataType{wanted});
    if (auto* error = std::get_if<ExpressionError>(&result)) {
      errors.push_back(std::move(*error));
      return std::nullopt;
    }
    call.arguments.push_back(std::get<Expression>(std::move(result)));
  }
  return call;
}

std::optional<TableCall> BindTableCall(const v1::Expression& expression, const Scope& scope,
                                       std::vector<ExpressionError>& errors) {
  std::variant<SyntaxRef, ExpressionError> read = SyntaxOf(expression);
  if (auto* error = std::get_if<ExpressionError>(&read)) {
    errors.push_back(std::move(*error));
    return std::nullopt;
  }
  const Syntax& syntax = *std::get<SyntaxRef>(read);
  if (syntax.kind != SyntaxKind::kCall || syntax.star || syntax.distinct || syntax.filter != nullptr ||
      !syntax.order.empty()) {
    errors.push_back(
        {ErrorCode::kInvalidDefinition, "a flat_map calls a table function", "call: \"words(line)\"", syntax.offset});
    return std::nullopt;
  }
  std::vector<BoundValue> values;
  bool complete = true;
  for (const SyntaxRef& argument : syntax.arguments) {
    auto value = ExpressionBinder(scope, nullptr, errors).Bind(*argument);
    complete = complete && value.has_value();
    if (value) values.push_back(*std::move(value));
  }
  return complete ? ResolveTableCall(syntax, std::move(values), errors) : std::nullopt;
}

// All values as their common type, which is the result. No value: they have none; an error was added.
std::optional<DataType> UnifyValues(std::vector<BoundValue>& values, std::vector<ExpressionError>& errors) {
  std::optional<DataType> type = CommonDataType(values);
  if (!type) {
    errors.push_back({ErrorCode::kTypeMismatch,
                      StrCat("the types of a column have none in common: ", DescribeArguments(values)),
                      "cast the values to one type", values.back().offset});
    return std::nullopt;
  }
  for (BoundValue& value : values) {
    CoerceResult result = CoerceImplicitly(std::move(value), *type);
    if (auto* error = std::get_if<ExpressionError>(&result)) {
      errors.push_back(std::move(*error));
      return std::nullopt;
    }
    value = {std::get<Expression>(std::move(result)), false, 0};
  }
  return type;
}

}  // namespace

void NodeBuilder::Add(ErrorCode code, std::string path, std::string message, std::string suggestion) {
  ProblemDraft draft{
      .code = code, .path = std::move(path), .message = std::move(message), .suggestion = std::move(suggestion)};
  if (position_ > 0) draft.offset = position_ - 1;
  problems_.Add(std::move(draft));
}

PlanRef NodeBuilder::Make(PlanOperation operation, std::vector<PlanRef> inputs) {
  return MakeNode(std::move(operation), std::move(inputs), owner_);
}

BuiltRelation NodeBuilder::Build(const v1::Node& node, const std::string& path) {
  const uint32_t outer = std::exchange(position_, node.position());
  BuiltRelation built = BuildNode(node, path);
  position_ = outer;
  return built;
}

BuiltRelation NodeBuilder::BuildNode(const v1::Node& node, const std::string& path) {
  switch (node.node_case()) {
    case v1::Node::kInput:
      return relations_.Find(node.input(), path);
    case v1::Node::kFilter:
      return BuildFilter(node.filter(), JoinPath(path, "filter"));
    case v1::Node::kProject:
      return BuildProject(node.project(), JoinPath(path, "project"));
    case v1::Node::kFlatMap:
      return BuildFlatMap(node.flat_map(), JoinPath(path, "flat_map"));
    case v1::Node::kUnion:
      return BuildUnion(node.union_(), JoinPath(path, "union"));
    case v1::Node::kJoin:
      return BuildJoin(node.join(), JoinPath(path, "join"));
    case v1::Node::kAggregate:
      return BuildAggregate(node.aggregate(), JoinPath(path, "aggregate"));
    case v1::Node::kDistinct:
      return BuildDistinct(node.distinct(), JoinPath(path, "distinct"));
    case v1::Node::kValues:
      return BuildValues(node.values(), JoinPath(path, "values"));
    case v1::Node::kTopK:
      return BuildTopK(node.top_k(), JoinPath(path, "top_k"));
    case v1::Node::NODE_NOT_SET:
      // Readers of texts have said so where it stands.
      if (!problems_.has_errors()) Add(ErrorCode::kMissingField, path, "a node is missing here");
      return {};
  }
  __builtin_unreachable();
}

BuiltRelation NodeBuilder::Input(const v1::Node& node, const std::string& path, std::string_view key) {
  return Build(node, JoinPath(path, key));
}

std::optional<ColumnList> NodeBuilder::FindColumns(const google::protobuf::RepeatedPtrField<std::string>& names,
                                                   const Scope& scope, const std::string& path) {
  ColumnList columns;
  bool complete = true;
  for (int i = 0; i < names.size(); ++i) {
    v1::Expression expression;
    // A column may have a dot in its own name.
    const bool whole = std::ranges::any_of(scope, [&](const ScopeColumn& column) { return column.name == names[i]; });
    size_t dot = whole ? std::string::npos : names[i].find('.');
    if (dot != std::string::npos) expression.mutable_column()->set_relation(names[i].substr(0, dot));
    expression.mutable_column()->set_name(dot == std::string::npos ? names[i] : names[i].substr(dot + 1));
    auto column = BindExpression(expression, scope, JoinPath(path, static_cast<size_t>(i)), problems_);
    complete = complete && column.has_value();
    if (column) columns.push_back(column->column.value());
  }
  if (!complete) return std::nullopt;
  return columns;
}

BuiltRelation NodeBuilder::BuildFilter(const v1::Filter& filter, const std::string& path) {
  BuiltRelation input = Input(filter.input(), path);
  std::string condition_path = JoinPath(path, "condition");
  if (!input.named) {
    CheckSyntax(filter.condition(), condition_path, problems_);
    return input;
  }
  auto condition = BindCondition(filter.condition(), input.scope, condition_path, problems_);
  if (condition && input.node != nullptr) {
    input.node = Make(PlanFilter{*std::move(condition)}, {input.node});
  } else {
    input.node = nullptr;
  }
  return input;
}

BuiltRelation NodeBuilder::BuildProject(const v1::Project& project, const std::string& path) {
  BuiltRelation input = Input(project.input(), path);
  std::string columns_path = JoinPath(path, "columns");
  if (project.columns().empty() && !project.keep_input()) {
    Add(ErrorCode::kMissingField, path, "a project without columns leaves nothing", "columns: {name: expression}");
    return {};
  }
  if (!input.named) {
    for (const auto& each : project.columns()) {
      CheckSyntax(each.expression(), JoinPath(columns_path, each.name()), problems_);
    }
    return {};
  }
  BuiltRelation built;
  built.named = true;
  PlanProject node;
  bool complete = input.node != nullptr;
  // A computed column takes the place of those of its name.
  std::set<std::string> computed;
  for (const auto& each : project.columns()) computed.insert(each.name());
  for (uint32_t i = 0; project.keep_input() && i < input.scope.size(); ++i) {
    const ScopeColumn& column = input.scope[i];
    if (computed.contains(column.name)) continue;
    built.scope.push_back(column);
    node.names.push_back(column.name);
    if (input.node != nullptr) node.columns.push_back(ColumnOf(input.node->relation, i));
  }
  std::set<std::string> seen;
  for (const auto& each : project.columns()) {
    std::string column_path = JoinPath(columns_path, each.name());
    CheckColumnName(each.name(), column_path, problems_);
    if (!seen.insert(each.name()).second) {
      Add(ErrorCode::kDuplicateName, column_path, StrCat("the column ", each.name(), " stands twice"));
    }
    auto expression = BindExpression(each.expression(), input.scope, column_path, problems_);
    built.scope.push_back({each.name(), {}, expression ? std::optional(expression->type) : std::nullopt});
    complete = complete && expression.has_value();
    if (expression) node.columns.push_back(*std::move(expression));
    node.names.push_back(each.name());
  }
  if (complete) built.node = Make(std::move(node), {input.node});
  return built;
}

BuiltRelation NodeBuilder::BuildFlatMap(const v1::FlatMap& flat_map, const std::string& path) {
  BuiltRelation input = Input(flat_map.input(), path);
  std::string call_path = JoinPath(path, "call");
  if (!input.named) {
    CheckSyntax(flat_map.call(), call_path, problems_);
    return {};
  }
  std::vector<ExpressionError> errors;
  std::optional<TableCall> call = BindTableCall(flat_map.call(), input.scope, errors);
  AddExpressionErrors(errors, call_path, problems_);
  if (flat_map.keep_input() && !flat_map.keep().empty()) {
    Add(ErrorCode::kInvalidDefinition, JoinPath(path, "keep"), "keep_input keeps all columns; keep names some",
        "give one of them");
  }
  std::optional<ColumnList> keep = flat_map.keep_input()
                                       ? FirstColumns(input.scope.size())
                                       : FindColumns(flat_map.keep(), input.scope, JoinPath(path, "keep"));
  BuiltRelation built;
  built.named = keep.has_value() && (call || !flat_map.as().empty());
  if (!built.named) return {};
  for (uint32_t column : *keep) built.scope.push_back(input.scope[column]);
  std::string name = flat_map.as().empty() ? std::string(call->function->column_name) : flat_map.as();
  CheckColumnName(name, JoinPath(path, "as"), problems_);
  built.scope.push_back({name, {}, call ? std::optional(call->type()) : std::nullopt});
  if (call && input.node != nullptr) {
    PlanFlatMap node{call->function, std::move(call->arguments), *std::move(keep), name};
    built.node = Make(std::move(node), {input.node});
  }
  return built;
}

BuiltRelation NodeBuilder::BuildUnion(const v1::Union& node, const std::string& path) {
  std::vector<BuiltRelation> inputs;
  bool complete = true;
  for (int i = 0; i < node.inputs_size(); ++i) {
    inputs.push_back(Build(node.inputs(i), JoinPath(JoinPath(path, "inputs"), static_cast<size_t>(i))));
    complete = complete && inputs.back().node != nullptr;
  }
  if (inputs.empty()) {
    Add(ErrorCode::kMissingField, path, "a union needs inputs");
    return {};
  }
  BuiltRelation built;
  built.named = inputs[0].named;
  built.scope = inputs[0].scope;
  for (ScopeColumn& column : built.scope) column.relations = RelationNames();
  if (!complete) return built;
  std::vector<PlanProject> casts(inputs.size());
  for (size_t i = 1; i < inputs.size(); ++i) {
    if (inputs[i].scope.size() == built.scope.size()) continue;
    Add(ErrorCode::kTypeMismatch, JoinPath(JoinPath(path, "inputs"), i),
        StrCat("the inputs of a union have equally many columns: the first has ", built.scope.size(), ", this one ",
               inputs[i].scope.size()),
        "choose columns with a project");
    complete = false;
  }
  for (uint32_t column = 0; complete && column < built.scope.size(); ++column) {
    std::vector<BoundValue> values;
    for (const BuiltRelation& input : inputs) {
      values.push_back(IsNullColumn(*input.node, column)
                           ? BoundValue{Expression::Literal(Datum::Null(), DataType{TypeKind::kText}), true, 0}
                           : BoundValue{ColumnOf(input.node->relation, column), false, 0});
    }
    const std::optional<DataType> type = CommonDataType(values);
    for (size_t i = 0; i < inputs.size() && complete; ++i) {
      CoerceResult cast = type ? CoerceImplicitly(values[i], *type) : CoerceResult(ExpressionError{});
      if (std::holds_alternative<ExpressionError>(cast)) {
        Add(ErrorCode::kTypeMismatch, path,
            StrCat("the column ", built.scope[column].name,
                   " has types without one in common: ", DescribeArguments(values)),
            "cast it in a project");
        complete = false;
        break;
      }
      casts[i].columns.push_back(std::get<Expression>(std::move(cast)));
      casts[i].names.push_back(built.scope[column].name);
    }
    built.scope[column].type = type;
  }
  if (!complete) return built;
  std::vector<PlanRef> nodes;
  for (size_t i = 0; i < inputs.size(); ++i) nodes.push_back(Make(std::move(casts[i]), {inputs[i].node}));
  built.node = Make(PlanUnion{}, std::move(nodes));
  return built;
}

BuiltRelation NodeBuilder::BuildJoin(const v1::Join& join, const std::string& path) {
  BuiltRelation left = Input(join.left(), path, "left");
  BuiltRelation right = Input(join.right(), path, "right");
  if (!join.left_as().empty()) SetRelation(left.scope, join.left_as());
  if (!join.right_as().empty()) SetRelation(right.scope, join.right_as());
  if (!left.named || !right.named) {
    CheckSyntax(join.condition(), JoinPath(path, "condition"), problems_);
    return {};
  }
  return JoinRelations(join, owner_, path, std::move(left), std::move(right), problems_);
}

BuiltRelation NodeBuilder::BuildAggregate(const v1::Aggregate& aggregate, const std::string& path) {
  BuiltRelation input = Input(aggregate.input(), path);
  if (!input.named) {
    for (const auto& each : aggregate.keys()) {
      CheckSyntax(each.expression(), JoinPath(JoinPath(path, "keys"), each.name()), problems_);
    }
    for (const auto& each : aggregate.values()) {
      CheckSyntax(each.expression(), JoinPath(JoinPath(path, "values"), each.name()), problems_);
    }
    return {};
  }
  return AggregateRelation(aggregate, owner_, path, input, problems_);
}

BuiltRelation NodeBuilder::BuildValues(const v1::Values& values, const std::string& path) {
  const auto width = static_cast<size_t>(values.columns_size());
  std::vector<ExpressionError> errors;
  std::vector<std::vector<BoundValue>> columns(width);
  const Scope no_columns;
  for (int i = 0; i < values.rows_size(); ++i) {
    if (static_cast<size_t>(values.rows(i).values_size()) != width) {
      Add(ErrorCode::kInvalidDefinition, JoinPath(JoinPath(path, "rows"), static_cast<size_t>(i)),
          StrCat("the row has ", values.rows(i).values_size(), " values for ", width, " columns"));
      return {};
    }
    for (size_t column = 0; column < width; ++column) {
      std::variant<SyntaxRef, ExpressionError> syntax = SyntaxOf(values.rows(i).values(static_cast<int>(column)));
      if (auto* error = std::get_if<ExpressionError>(&syntax)) {
        errors.push_back(std::move(*error));
      } else if (auto value = ExpressionBinder(no_columns, nullptr, errors).Bind(*std::get<SyntaxRef>(syntax))) {
        columns[column].push_back(*std::move(value));
      }
    }
  }
  BuiltRelation built;
  built.named = true;
  PlanValues node;
  node.rows.resize(static_cast<size_t>(values.rows_size()));
  for (size_t column = 0; column < width; ++column) {
    const std::string& name = values.columns(static_cast<int>(column));
    CheckColumnName(name, JoinPath(path, "columns"), problems_);
    node.names.push_back(name);
    bool complete = errors.empty();
    std::optional<DataType> type;
    if (complete) type = UnifyValues(columns[column], errors);
    built.scope.push_back({name, {}, type});
    for (size_t i = 0; type && i < columns[column].size(); ++i) {
      node.rows[i].push_back(std::move(columns[column][i].expression));
    }
  }
  AddExpressionErrors(errors, path, problems_);
  if (node.rows.empty() || width == 0) Add(ErrorCode::kMissingField, path, "values need columns and rows");
  if (errors.empty() && !node.rows.empty() && width > 0) built.node = Make(std::move(node), {});
  return built;
}

BuiltRelation NodeBuilder::BuildTopK(const v1::TopK& top, const std::string& path) {
  BuiltRelation input = Input(top.input(), path);
  if (top.limit() == 0) {
    Add(ErrorCode::kMissingField, JoinPath(path, "limit"), "a top_k needs the number of rows that it keeps",
        "limit: 10");
  }
  bool complete = top.limit() > 0;
  for (auto [name, rows] : {std::pair("limit", top.limit()), std::pair("offset", top.offset())}) {
    if (rows <= PlanTopK::kMaxRows) continue;
    complete = false;
    Add(ErrorCode::kInvalidDefinition, JoinPath(path, name), StrCat(rows, " is more than ", PlanTopK::kMaxRows));
  }
  google::protobuf::RepeatedPtrField<std::string> names;
  for (const v1::OrderColumn& order : top.order()) *names.Add() = order.column();
  if (!input.named) return input;
  std::optional<ColumnList> group = FindColumns(top.group(), input.scope, JoinPath(path, "group"));
  std::optional<ColumnList> order = FindColumns(names, input.scope, JoinPath(path, "order"));
  if (!group || !order || !complete) input.node = nullptr;
  if (input.node == nullptr) return input;
  PlanTopK node;
  node.group = *std::move(group);
  for (uint32_t column : node.group) {
    const DataType type = input.node->schema()[column].type;
    if (HasOneForm(type)) continue;
    Add(ErrorCode::kUnsupported, JoinPath(path, "group"),
        StrCat("groups of ", NameOfKeys(type), " are not built in this release"), InsteadOfKey(type));
    return input;
  }
  for (size_t i = 0; i < order->size(); ++i) {
    const v1::OrderColumn& written = top.order(static_cast<int>(i));
    const bool nulls_first =
        written.nulls() == v1::NULLS_ORDER_UNSPECIFIED ? written.descending() : written.nulls() == v1::NULLS_FIRST;
    node.order.push_back({ColumnIndex((*order)[i]), written.descending(), nulls_first});
  }
  node.limit = top.limit();
  node.offset = top.offset();
  input.node = Make(std::move(node), {input.node});
  return input;
}

BuiltRelation NodeBuilder::BuildDistinct(const v1::Distinct& distinct, const std::string& path) {
  BuiltRelation input = Input(distinct.input(), path);
  if (input.node == nullptr) return input;
  for (const Field& field : input.node->schema()) {
    if (HasOneForm(field.type)) continue;
    problems_.Add({.code = ErrorCode::kUnsupported,
                   .path = path,
                   .message = StrCat("distinct rows with ", NameOfKeys(field.type), " (", field.name,
                                     ") are not built in this release"),
                   .suggestion = InsteadOfKey(field.type)});
    return input;
  }
  input.node = Make(PlanDistinct{}, {input.node});
  return input;
}

}  // namespace freshet
