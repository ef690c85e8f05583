// Binds the names, functions and types of an expression, as PostgreSQL would.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/expr/expression.h"
#include "server/sql/bind/coerce.h"
#include "server/sql/bind/scope.h"
#include "server/sql/parse/syntax.h"

namespace freshet {

// Takes the aggregate calls of an expression; without one they are misplaced.
class AggregateCollector {
 public:
  virtual ~AggregateCollector() = default;
  // The call as a value, for example a column of numbers that no input has. No value: errors were added.
  virtual std::optional<BoundValue> Collect(const Syntax& call, std::vector<ExpressionError>& errors) = 0;
  // A name that the input does not have, but the keys do. No value: neither have they.
  virtual std::optional<BoundValue> FindKey(const std::string& name) = 0;
};

class ExpressionBinder {
 public:
  ExpressionBinder(const Scope& scope, AggregateCollector* aggregates, std::vector<ExpressionError>& errors)
      : scope_(scope), aggregates_(aggregates), errors_(errors) {}

  // No value: errors were added, or a column is one whose own error was told before.
  std::optional<BoundValue> Bind(const Syntax& syntax);

 private:
  using Values = std::vector<BoundValue>;

  std::optional<BoundValue> BindColumn(const Syntax& syntax);
  std::optional<BoundValue> BindNumber(const Syntax& syntax);
  std::optional<BoundValue> BindCall(const Syntax& syntax);
  std::optional<BoundValue> BindCast(const Syntax& syntax);
  std::optional<BoundValue> BindBooleans(const Syntax& syntax, ExpressionKind kind);
  std::optional<BoundValue> BindCase(const Syntax& syntax);
  std::optional<BoundValue> BindSame(const Syntax& syntax, ExpressionKind kind);
  std::optional<BoundValue> BindComparison(const Syntax& syntax, ExpressionKind kind);
  std::optional<BoundValue> BindIsNull(const Syntax& syntax);
  std::optional<BoundValue> BindExtreme(const Syntax& syntax);
  // array_binder.cc
  std::optional<BoundValue> BindArray(const Syntax& syntax, std::optional<DataType> element);
  void CastSubscripts(Values& values);
  bool UnifyElements(const ScalarFunction& function, const Syntax& syntax, Values& values);
  // concat_binder.cc
  void MakeTextOperands(Values& values);
  std::optional<BoundValue> BindConcat(const Syntax& syntax, Values values);
  std::optional<BoundValue> BindConcatWithSeparator(const Syntax& syntax, Values values);
  std::optional<BoundValue> AsText(BoundValue value, const Syntax& syntax);
  std::optional<BoundValue> Concatenate(const Syntax& syntax, std::span<BoundValue> texts);

  std::optional<Values> BindAll(const std::vector<SyntaxRef>& arguments);
  // All values as their common type.
  bool Unify(const Syntax& syntax, Values& values);
  std::optional<BoundValue> Call(std::string_view name, const Syntax& syntax, Values values);
  std::optional<Expression> Coerce(BoundValue value, DataType type);
  std::optional<BoundValue> Make(Expression expression, const Syntax& syntax);
  std::nullopt_t Fail(ErrorCode code, uint32_t offset, std::string message, std::string suggestion = "");
  std::nullopt_t FailAmbiguousColumn(const Syntax& syntax, const std::vector<uint32_t>& found);
  std::nullopt_t FailUnknownColumn(const Syntax& syntax, const std::string& relation);
  void FailUnknownFunction(std::string_view name, const Syntax& syntax, const Values& values, bool ambiguous);

  const Scope& scope_;
  AggregateCollector* aggregates_;
  std::vector<ExpressionError>& errors_;
  size_t work_ = 0;
};

// array_binder.cc: `ARRAY[a, b, ...]`.
bool IsArrayForm(const Syntax& syntax);
// What `||` is over these values: array_append and array_prepend where one is an array and the other none.
std::string_view NameOfConcatenation(const std::vector<BoundValue>& values);
// The types that a call is matched with: what is written as an element may be of any type.
std::vector<TypeKind> WrittenSignature(const ScalarFunction& function, std::span<const ArgumentType> types);

// For messages: "(integer, unknown)".
std::string DescribeArguments(const std::vector<BoundValue>& values);

}  // namespace freshet
