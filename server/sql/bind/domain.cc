#include "server/sql/bind/domain.h"

#include <algorithm>

namespace freshet {
namespace {

// A domain repeats what stands around it, at each level of nesting.
constexpr size_t kMaxNodeBytes = 4 << 20;

void ReplaceLeaf(const std::string& leaf, const v1::Node& rows, v1::Node* node) {
  if (node->has_input() && node->input() == leaf) {
    *node = rows;
    return;
  }
  for (v1::Node* input : logical::InputsOf(*node)) ReplaceLeaf(leaf, rows, input);
}

bool Covers(const logical::Columns& columns, const std::vector<v1::Expression>& expressions) {
  return std::ranges::all_of(expressions, [&](const v1::Expression& expression) {
    return std::ranges::includes(columns, logical::ColumnsOf(expression));
  });
}

}  // namespace

v1::Node Domain::Leaf() const {
  v1::Node node;
  node.set_input(leaf);
  return node;
}

const v1::Node& Subject::RowsFor(const std::vector<v1::Expression>& expressions) const {
  return Covers(base_columns, expressions) ? base : node;
}

std::optional<AttachedQuery> AttachDomain(DependentQuery dependent, const Subject& subject,
                                          const AdjustExpression& adjust, FreshNames& names,
                                          std::vector<ExpressionError>& errors) {
  AttachedQuery attached;
  const uint32_t position = dependent.query.node.position();
  if (dependent.domain.columns.empty()) {
    attached.node = std::move(dependent.query.node);
    return attached;
  }
  std::vector<v1::Expression> values;
  for (const std::string& column : dependent.domain.columns) {
    values.push_back(logical::Column(column, position));
    if (!adjust(&values.back())) return std::nullopt;
  }
  if (!Covers(subject.columns, values)) {
    errors.push_back({ErrorCode::kUnsupported,
                      "a comparison with a query further out, in this place, is not built in this release",
                      "join with that query's relations instead", position == 0 ? 0 : position - 1});
    return std::nullopt;
  }
  v1::Node combinations;
  combinations.set_position(position);
  v1::Project* project = combinations.mutable_project();
  *project->mutable_input() = subject.RowsFor(values);
  v1::Node renamed;
  renamed.set_position(position);
  for (const OutputColumn& column : dependent.query.columns) {
    logical::AddColumn(renamed.mutable_project(), column.internal, logical::Column(column.internal));
  }
  size_t place = 0;
  for (const std::string& column : dependent.domain.columns) {
    logical::AddColumn(project, column, values[place]);
    attached.domain_columns.push_back(names.Make(column));
    logical::AddColumn(renamed.mutable_project(), attached.domain_columns.back(), logical::Column(column));
    attached.conditions.push_back(
        logical::NullSafeEqual(std::move(values[place]), logical::Column(attached.domain_columns.back()), position));
    ++place;
  }
  ReplaceLeaf(dependent.domain.leaf, logical::Distinct(std::move(combinations)), &dependent.query.node);
  *renamed.mutable_project()->mutable_input() = std::move(dependent.query.node);
  if (renamed.ByteSizeLong() > kMaxNodeBytes) {
    errors.push_back({ErrorCode::kExpressionTooLarge, "subqueries are nested too deep to be written out",
                      "name some of them as views", position == 0 ? 0 : position - 1});
    return std::nullopt;
  }
  attached.node = std::move(renamed);
  return attached;
}

}  // namespace freshet
