// Makes pieces of the logical plan, in which columns go by names that are unique in their view.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/v1/plan.pb.h"

namespace freshet::logical {

using Columns = std::set<std::string>;

v1::Expression Column(const std::string& name, uint32_t position = 0);
v1::Expression Boolean(bool value);
v1::Expression Null(v1::TypeKind kind);
// Of the type that its surroundings give it.
v1::Expression UntypedNull();
v1::Expression Integer(int64_t value, v1::TypeKind kind);
v1::Expression Call(std::string function, std::vector<v1::Expression> arguments, uint32_t position = 0);
v1::Expression CountStar();
// TRUE over nothing.
v1::Expression And(std::vector<v1::Expression> conditions);
v1::Expression Equal(v1::Expression left, v1::Expression right, uint32_t position = 0);
// NULLs are equal.
v1::Expression NullSafeEqual(v1::Expression left, v1::Expression right, uint32_t position = 0);
v1::Expression Not(v1::Expression operand);

v1::Node Filter(v1::Node input, std::vector<v1::Expression> conditions);
v1::Node Join(v1::JoinKind kind, v1::Node left, v1::Node right, std::vector<v1::Expression> conditions);
v1::Node Distinct(v1::Node input);
// Only these columns.
v1::Node Choose(v1::Node input, std::span<const std::string> columns);
v1::Node Union(std::vector<v1::Node> inputs, uint32_t position);
// One row with one column.
v1::Node OneRow(const std::string& column);
void AddColumn(v1::Project* project, std::string name, v1::Expression expression);

std::vector<v1::Node*> InputsOf(v1::Node& node);

// The columns that an expression reads.
Columns ColumnsOf(const v1::Expression& expression);
bool ReadsAny(const v1::Expression& expression, const Columns& columns);
// Equal for expressions that compute the same, wherever they stand in the text.
std::string TextOf(const v1::Expression& expression);
// The expression with parts replaced, outermost first.
v1::Expression Replace(const v1::Expression& expression,
                       const std::function<std::optional<v1::Expression>(const v1::Expression&)>& replace);
// What stands between ANDs.
std::vector<v1::Expression> Conjuncts(const v1::Expression& condition);

}  // namespace freshet::logical
