#include "server/sql/bind/query_binder.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "engine/base/str_cat.h"
#include "server/definitions/suggestion.h"
#include "server/sql/bind/first_rows.h"
#include "server/sql/bind/select_binder.h"

namespace freshet {
namespace {

// Common tables are written out where they are read (equal parts are computed once all the same), and correlated
// queries are bound twice: a chain of them can grow without bound.
constexpr size_t kMaxReads = 2000;

}  // namespace

bool RenameColumns(const std::vector<std::string>& names, std::vector<OutputColumn>* columns) {
  if (names.size() > columns->size()) return false;
  for (size_t i = 0; i < names.size(); ++i) (*columns)[i].name = names[i];
  return true;
}

void QueryBinder::AddWith(const Query& query) {
  for (const CommonTable& table : query.with) with_.push_back(&table);
}
void QueryBinder::DropWith(const Query& query) { with_.resize(with_.size() - query.with.size()); }

std::optional<BoundQuery> QueryBinder::Bind(const Query& query, const NameScope* outer, const Domain* domain) {
  AddWith(query);
  std::optional<BoundQuery> bound = BindBody(query, outer, domain);
  DropWith(query);
  return bound;
}

// Which columns it takes is known once it is bound. So it is bound twice: as if it took any, then with those it takes.
std::optional<DependentQuery> QueryBinder::BindDependent(const Query& query, const NameScope& outer) {
  if (!CountRead(query.offset)) return std::nullopt;
  logical::Columns taken;
  const NameScope border(&outer, &taken);
  Domain domain{names_.Make("(domain)"), outer.AllColumns()};
  if (!Bind(query, &border, &domain)) return std::nullopt;
  domain.columns = std::move(taken);
  const bool depends = !domain.columns.empty();
  std::optional<BoundQuery> bound = Bind(query, depends ? &border : nullptr, depends ? &domain : nullptr);
  if (!bound) return std::nullopt;
  return DependentQuery{*std::move(bound), std::move(domain)};
}

std::optional<BoundQuery> QueryBinder::BindBody(const Query& query, const NameScope* outer, const Domain* domain) {
  const bool combined = query.operation != SetOperation::kNone;
  if (!combined && query.values.empty()) return SelectBinder(*this, query, outer, domain).Bind();
  std::optional<BoundQuery> bound =
      combined ? BindSetOperation(query, outer, domain) : BindValues(query, outer, domain);
  if (bound && !OrderResult(query, domain, &*bound)) return std::nullopt;
  return bound;
}

bool QueryBinder::OrderResult(const Query& query, const Domain* domain, BoundQuery* bound) {
  OrderColumns columns;
  std::vector<std::string> names;
  for (const OutputColumn& column : bound->columns) names.push_back(column.name);
  for (const OrderItem& item : query.order) {
    const Syntax& key = *item.value;
    size_t place = bound->columns.size();
    if (key.kind == SyntaxKind::kNumber && absl::SimpleAtoi(key.text, &place)) --place;
    if (key.kind == SyntaxKind::kColumn && key.names.size() == 1) {
      place = static_cast<size_t>(std::ranges::find(names, key.names[0]) - names.begin());
    }
    if (place >= names.size()) {
      errors_.push_back({ErrorCode::kUnknownColumn, "ORDER BY here names a column of the result, by name or number",
                         key.kind == SyntaxKind::kColumn ? SuggestName(key.names.back(), names) : "", key.offset});
      return false;
    }
    columns.order.push_back(bound->columns[place].internal);
  }
  std::vector<std::string> partition;
  if (domain != nullptr) partition.assign(domain->columns.begin(), domain->columns.end());
  return KeepFirstRows(query, columns, partition, &bound->node, errors_);
}

bool QueryBinder::CountRead(uint32_t offset) {
  if (++reads_ <= kMaxReads) return true;
  if (reads_ == kMaxReads + 1) {
    errors_.push_back({ErrorCode::kExpressionTooLarge,
                       StrCat("the query reads more than ", kMaxReads, " relations when it is written out"),
                       "make views of its common tables and of queries that are nested deep", offset});
  }
  return false;
}

std::optional<BoundQuery> QueryBinder::BindNamed(const std::string& name, uint32_t offset) {
  if (!CountRead(offset)) return std::nullopt;
  for (size_t i = with_.size(); i-- > 0;) {
    if (with_[i]->name.text != name) continue;
    // It sees those in front of it.
    std::vector<const CommonTable*> all = with_;
    with_.resize(i);
    std::optional<BoundQuery> bound = Bind(*all[i]->query);
    with_ = std::move(all);
    if (bound && !RenameColumns(with_[i]->columns, &bound->columns)) {
      errors_.push_back(
          {ErrorCode::kInvalidDefinition, StrCat(name, " has more names than columns"), "", with_[i]->name.offset});
      return std::nullopt;
    }
    return bound;
  }
  auto columns = catalog_.ColumnsOf(name, offset);
  if (auto* error = std::get_if<ExpressionError>(&columns)) {
    errors_.push_back(std::move(*error));
    return std::nullopt;
  }
  BoundQuery bound;
  bound.node.set_position(offset + 1);
  v1::Project* project = bound.node.mutable_project();
  project->mutable_input()->set_input(name);
  project->mutable_input()->set_position(offset + 1);
  for (const std::string& column : std::get<std::vector<std::string>>(columns)) {
    std::string internal = names_.Make(StrCat(name, ".", column));
    logical::AddColumn(project, internal, logical::Column(column, offset + 1));
    bound.columns.push_back({column, std::move(internal)});
  }
  return bound;
}

std::optional<BoundQuery> QueryBinder::BindValues(const Query& query, const NameScope* outer, const Domain* domain) {
  BoundQuery bound;
  bound.node.set_position(query.offset + 1);
  v1::Values* values = bound.node.mutable_values();
  size_t width = query.values[0].size();
  for (size_t i = 0; i < width; ++i) {
    std::string name = StrCat("column", i + 1);
    bound.columns.push_back({name, names_.Make(name)});
    values->add_columns(bound.columns.back().internal);
  }
  const NameScope nothing(outer);
  const OuterNames outer_names = domain != nullptr ? OuterNames::kTaken : OuterNames::kRefused;
  bool complete = true;
  for (const std::vector<SyntaxRef>& row : query.values) {
    if (row.size() != width) {
      errors_.push_back({ErrorCode::kSyntaxError, "the rows of VALUES have equally many values",
                         StrCat("the first has ", width), row.empty() ? query.offset : row[0]->offset});
      return std::nullopt;
    }
    v1::ValuesRow* out = values->add_rows();
    for (const SyntaxRef& value : row) {
      auto written = ExpressionWriter(nothing, outer_names, nullptr, errors_).Write(*value);
      complete = complete && written.has_value();
      if (written) *out->add_values() = *std::move(written);
    }
  }
  if (!complete) return std::nullopt;
  if (domain != nullptr) bound.node = RowsForDomain(v1::Values(*values), *domain, query.offset + 1);
  return bound;
}

// The rows beside each combination of the domain, whose columns they may read.
v1::Node QueryBinder::RowsForDomain(const v1::Values& values, const Domain& domain, uint32_t position) {
  std::vector<v1::Node> rows;
  for (const v1::ValuesRow& row : values.rows()) {
    v1::Node& node = rows.emplace_back();
    node.set_position(position);
    v1::Project* project = node.mutable_project();
    *project->mutable_input() = domain.Leaf();
    for (int i = 0; i < row.values_size(); ++i) logical::AddColumn(project, values.columns(i), row.values(i));
    for (const std::string& column : domain.columns) logical::AddColumn(project, column, logical::Column(column));
  }
  return rows.size() == 1 ? std::move(rows[0]) : logical::Union(std::move(rows), position);
}

std::optional<BoundQuery> QueryBinder::BindSetOperation(const Query& query, const NameScope* outer,
                                                        const Domain* domain) {
  if (query.left == nullptr || query.right == nullptr) return std::nullopt;
  std::optional<BoundQuery> left = Bind(*query.left, outer, domain);
  std::optional<BoundQuery> right = Bind(*query.right, outer, domain);
  if (!left || !right) return std::nullopt;
  if (left->columns.size() != right->columns.size()) {
    errors_.push_back({ErrorCode::kTypeMismatch,
                       StrCat("both sides have equally many columns: the first has ", left->columns.size(),
                              ", this one ", right->columns.size()),
                       "", query.right->offset});
    return std::nullopt;
  }
  BoundQuery bound;
  bound.columns = left->columns;
  if (query.operation == SetOperation::kUnion) {
    bound.node = logical::Union({std::move(left->node), std::move(right->node)}, query.offset + 1);
    if (!query.all) bound.node = logical::Distinct(std::move(bound.node));
  } else {
    for (BoundQuery* side : {&*left, &*right}) {
      if (domain == nullptr) break;
      for (const std::string& column : domain->columns) side->columns.push_back({column, column});
    }
    bound.node = CountSides(query, *left, *right, left->columns);
  }
  return bound;
}

// Groups the rows of both sides together, in which NULLs are equal, and counts those of each side.
v1::Node QueryBinder::CountSides(const Query& query, const BoundQuery& left, const BoundQuery& right,
                                 const std::vector<OutputColumn>& columns) {
  std::string in_left = names_.Make("left"), in_right = names_.Make("right");
  auto tagged = [&](const BoundQuery& side, bool is_left) {
    v1::Node node;
    node.set_position(side.node.position());
    v1::Project* project = node.mutable_project();
    *project->mutable_input() = side.node;
    for (size_t i = 0; i < columns.size(); ++i) {
      logical::AddColumn(project, columns[i].internal, logical::Column(side.columns[i].internal));
    }
    logical::AddColumn(project, in_left, is_left ? logical::Boolean(true) : logical::Null(v1::BOOLEAN));
    logical::AddColumn(project, in_right, is_left ? logical::Null(v1::BOOLEAN) : logical::Boolean(true));
    return node;
  };
  v1::Node counted;
  counted.set_position(query.offset + 1);
  v1::Aggregate* aggregate = counted.mutable_aggregate();
  *aggregate->mutable_input() = logical::Union({tagged(left, true), tagged(right, false)}, query.offset + 1);
  for (const OutputColumn& column : columns) {
    v1::NamedExpression* key = aggregate->add_keys();
    key->set_name(column.internal);
    *key->mutable_expression() = logical::Column(column.internal);
  }
  for (const std::string& side : {in_left, in_right}) {
    v1::NamedExpression* value = aggregate->add_values();
    value->set_name(side);
    *value->mutable_expression() = logical::Call("count", {logical::Column(side)});
  }
  auto number = [](const char* text) {
    v1::Expression literal;
    literal.mutable_literal()->set_text(text);
    literal.mutable_literal()->mutable_type()->set_kind(v1::BIGINT);
    return literal;
  };
  v1::Expression lefts = logical::Column(in_left), rights = logical::Column(in_right);
  bool intersect = query.operation == SetOperation::kIntersect;
  // How often the row is in the result.
  v1::Expression times = intersect ? logical::Call("least", {lefts, rights}) : logical::Call("-", {lefts, rights});
  if (!query.all && !intersect)
    times = logical::Call("case", {logical::Equal(rights, number("0")), lefts, number("0")});
  v1::Node kept = logical::Filter(std::move(counted), {logical::Call(">", {times, number("0")})});
  if (query.all) {
    v1::Node repeated;
    v1::FlatMap* series = repeated.mutable_flat_map();
    *series->mutable_input() = std::move(kept);
    *series->mutable_call() = logical::Call("generate_series", {number("1"), times});
    series->set_as(names_.Make("copy"));
    series->set_keep_input(true);
    kept = std::move(repeated);
  }
  v1::Node node;
  node.set_position(query.offset + 1);
  *node.mutable_project()->mutable_input() = std::move(kept);
  for (const OutputColumn& column : columns) {
    logical::AddColumn(node.mutable_project(), column.internal, logical::Column(column.internal));
  }
  return node;
}

}  // namespace freshet
