// Expressions of the tree: their canonical text, the columns they read, and substitution.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/expr/expression.h"
#include "server/plan/relation.h"

namespace freshet {

// A text that is equal exactly for expressions that compute the same by the same kernels: part of fingerprints.
std::string ExpressionLogic(const Expression& expression);

// Adds the columns that the expression reads (each once, in the order met).
void CollectColumns(const Expression& expression, ColumnList* columns);
ColumnList ColumnsOf(const Expression& expression);

// The expression with every column replaced.
Expression ReplaceColumns(const Expression& expression,
                          const std::function<Expression(ColumnIndex, DataType)>& replace);
// Likewise by number; every column read must have a new one (CHECK).
Expression RenumberColumns(const Expression& expression, const std::vector<std::optional<uint32_t>>& map);
// With `offset` added to every column.
Expression ShiftColumns(const Expression& expression, int64_t offset);

// The operands of nested ANDs; the expression itself if it is none.
std::vector<Expression> SplitConjunction(const Expression& condition);
// Their AND; CHECKs that there is one.
Expression MakeConjunction(std::vector<Expression> conditions);

// Nodes of the expression's tree.
size_t ExpressionSize(const Expression& expression);

// What is wrong with it over columns of these types; empty: nothing. For the checks of the tree.
std::string ValidateExpression(const Expression& expression, const std::vector<DataType>& input);

}  // namespace freshet
