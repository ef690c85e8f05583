#include "server/sql/bind/from_binder.h"

#include <algorithm>

#include "engine/base/str_cat.h"
#include "server/definitions/suggestion.h"
#include "server/sql/bind/expression_writer.h"

namespace freshet {
namespace {

bool IsCovered(const logical::Columns& columns, const logical::Columns& by) {
  return std::includes(by.begin(), by.end(), columns.begin(), columns.end());
}

// Takes the conditions that read nothing but `columns`.
std::vector<v1::Expression> TakeCovered(std::vector<v1::Expression>* conditions, const logical::Columns& columns) {
  std::vector<v1::Expression> taken, kept;
  for (v1::Expression& condition : *conditions) {
    (IsCovered(logical::ColumnsOf(condition), columns) ? taken : kept).push_back(std::move(condition));
  }
  *conditions = std::move(kept);
  return taken;
}

v1::JoinKind KindOf(JoinSyntaxKind kind) {
  switch (kind) {
    case JoinSyntaxKind::kInner:
      return v1::INNER;
    case JoinSyntaxKind::kLeft:
      return v1::LEFT;
    case JoinSyntaxKind::kRight:
      return v1::RIGHT;
    case JoinSyntaxKind::kFull:
      return v1::FULL;
  }
  __builtin_unreachable();
}

}  // namespace

bool FromBinder::Fail(ErrorCode code, uint32_t offset, std::string message, std::string suggestion) {
  queries_.errors().push_back({code, std::move(message), std::move(suggestion), offset});
  return false;
}

bool FromBinder::CheckRelation(const std::string& relation, uint32_t offset) {
  if (!scope_.HasRelation(relation)) return true;
  return Fail(ErrorCode::kDuplicateName, offset, StrCat("two relations of FROM are called ", relation),
              "give one of them another name: AS name");
}

bool FromBinder::Add(const FromItem& item) {
  switch (item.kind) {
    case FromKind::kTable: {
      std::optional<BoundQuery> query = queries_.BindNamed(item.name, item.offset);
      return query && AddQuery(*std::move(query), item, item.alias.empty() ? item.name : item.alias);
    }
    case FromKind::kSubquery:
      return AddSubquery(item);
    case FromKind::kFunction:
      return AddFunction(item);
    case FromKind::kJoin:
      return AddJoin(item);
  }
  __builtin_unreachable();
}

void FromBinder::AddDomain(const Domain& domain) {
  Piece piece;
  piece.subject.node = domain.Leaf();
  piece.subject.columns = domain.columns;
  pieces_.push_back(std::move(piece));
}

logical::Columns FromBinder::Piece::Needs() const {
  if (dependent) return dependent->domain.columns;
  return call ? logical::ColumnsOf(*call) : logical::Columns();
}

// What an item may read: the queries around this one, and the items in front of it.
NameScope FromBinder::VisibleScope() const {
  NameScope visible(scope_.outer());
  if (preceding_ != nullptr) visible.Append(*preceding_);
  visible.Append(scope_);
  return visible;
}

bool FromBinder::AddSubquery(const FromItem& item) {
  const NameScope visible = VisibleScope();
  const NameScope* outer = item.lateral ? &visible : scope_.outer();
  if (outer == nullptr) {
    std::optional<BoundQuery> query = queries_.Bind(*item.query);
    return query && AddQuery(*std::move(query), item, item.alias);
  }
  std::optional<DependentQuery> query = queries_.BindDependent(*item.query, *outer);
  if (!query || !AddQuery(query->query, item, item.alias)) return false;
  if (!query->domain.columns.empty()) pieces_.back().dependent = *std::move(query);
  return true;
}

bool FromBinder::JoinDependent(Piece piece, v1::JoinKind kind, std::vector<v1::Expression> conditions,
                               Subject* joined) {
  auto unchanged = [](v1::Expression*) { return true; };
  std::optional<AttachedQuery> attached =
      AttachDomain(*std::move(piece.dependent), *joined, unchanged, queries_.names(), queries_.errors());
  if (!attached) return false;
  std::move(conditions.begin(), conditions.end(), std::back_inserter(attached->conditions));
  joined->node =
      logical::Join(kind, std::move(joined->node), std::move(attached->node), std::move(attached->conditions));
  joined->columns.insert(piece.subject.columns.begin(), piece.subject.columns.end());
  return true;
}

bool FromBinder::AddQuery(BoundQuery query, const FromItem& item, const std::string& relation) {
  if (!relation.empty() && !CheckRelation(relation, item.offset)) return false;
  if (!RenameColumns(item.alias_columns, &query.columns)) {
    return Fail(ErrorCode::kInvalidDefinition, item.offset,
                StrCat(relation, " has ", query.columns.size(), " columns and ", item.alias_columns.size(), " names"));
  }
  Piece piece;
  piece.subject.node = std::move(query.node);
  for (OutputColumn& column : query.columns) {
    piece.subject.columns.insert(column.internal);
    scope_.Add({relation, std::move(column.name), std::move(column.internal), false});
  }
  pieces_.push_back(std::move(piece));
  return true;
}

bool FromBinder::AddFunction(const FromItem& item) {
  const NameScope visible = VisibleScope();
  if (item.call->kind != SyntaxKind::kCall) {
    return Fail(ErrorCode::kUnsupported, item.offset, "this function in FROM is not built in this release");
  }
  Piece piece;
  piece.call = ExpressionWriter(visible, OuterNames::kTaken, nullptr, queries_.errors()).WriteCall(*item.call);
  if (!piece.call) return false;
  std::string relation = item.alias.empty() ? item.call->text : item.alias;
  if (!CheckRelation(relation, item.offset)) return false;
  if (item.alias_columns.size() > 1) {
    return Fail(ErrorCode::kInvalidDefinition, item.offset, StrCat(relation, " has one column"));
  }
  std::string column = item.alias_columns.empty() ? relation : item.alias_columns[0];
  piece.call_column = queries_.names().Make(StrCat(relation, ".", column));
  piece.subject.columns.insert(piece.call_column);
  scope_.Add({relation, column, piece.call_column, false});
  pieces_.push_back(std::move(piece));
  return true;
}

void FromBinder::Take(FromBinder& other) {
  scope_.Append(other.scope_);
  std::move(other.pieces_.begin(), other.pieces_.end(), std::back_inserter(pieces_));
  std::move(other.conditions_.begin(), other.conditions_.end(), std::back_inserter(conditions_));
}

std::vector<std::string> FromBinder::SharedNames(const FromItem& item, FromBinder& left, FromBinder& right) {
  if (!item.natural) return item.using_columns;
  std::vector<std::string> shared;
  for (const ScopeName& each : left.scope_.names()) {
    auto same = [&](const ScopeName& other) { return !other.qualified_only && other.name == each.name; };
    const auto& names = right.scope_.names();
    if (!each.qualified_only && std::any_of(names.begin(), names.end(), same)) shared.push_back(each.name);
  }
  return shared;
}

// Both columns of each name are equal; the bare name means one of them, and stands first.
bool FromBinder::AddUsing(const FromItem& item, FromBinder& left, FromBinder& right, std::vector<Merged>* full,
                          std::vector<v1::Expression>* conditions) {
  std::vector<ScopeName> merged;
  for (const std::string& name : SharedNames(item, left, right)) {
    auto of_left = left.scope_.Find({name}, item.offset);
    auto of_right = right.scope_.Find({name}, item.offset);
    for (auto* found : {&of_left, &of_right}) {
      if (auto* error = std::get_if<ExpressionError>(found)) {
        queries_.errors().push_back(std::move(*error));
        return false;
      }
    }
    std::string left_column = std::get<FoundName>(of_left).internal;
    std::string right_column = std::get<FoundName>(of_right).internal;
    conditions->push_back(logical::Equal(logical::Column(left_column, item.offset + 1),
                                         logical::Column(right_column, item.offset + 1), item.offset + 1));
    std::string column = item.join == JoinSyntaxKind::kRight ? right_column : left_column;
    if (item.join == JoinSyntaxKind::kFull) {
      column = queries_.names().Make(name);
      full->push_back({column, logical::Column(left_column), logical::Column(right_column)});
    }
    merged.push_back({"", name, std::move(column), false});
    for (FromBinder* side : {&left, &right}) {
      auto& names = side->scope_.names();
      std::erase_if(names, [&](const ScopeName& each) { return each.relation.empty() && each.name == name; });
      for (ScopeName& each : names) each.qualified_only = each.qualified_only || each.name == name;
    }
  }
  auto& names = left.scope_.names();
  names.insert(names.begin(), merged.begin(), merged.end());
  return true;
}

bool FromBinder::AddJoin(const FromItem& item) {
  NameScope preceding(scope_.outer());
  if (preceding_ != nullptr) preceding.Append(*preceding_);
  preceding.Append(scope_);
  FromBinder left(queries_, scope_.outer(), &preceding);
  bool complete = left.Add(*item.left);
  NameScope before_right = preceding;
  before_right.Append(left.scope_);
  FromBinder right(queries_, scope_.outer(), &before_right);
  complete = right.Add(*item.right) && complete;
  if (!complete) return false;
  for (const FromBinder* side : {&left, &right}) {
    for (const ScopeName& each : side->scope_.names()) {
      const FromBinder& other = side == &left ? right : left;
      bool twice = !each.relation.empty() && other.scope_.HasRelation(each.relation);
      if (twice || (!each.relation.empty() && scope_.HasRelation(each.relation))) {
        return CheckRelation(each.relation, item.offset) &&
               Fail(ErrorCode::kDuplicateName, item.offset, StrCat("two relations of FROM are called ", each.relation),
                    "give one of them another name: AS name");
      }
    }
  }
  if (!item.alias.empty()) {
    return Fail(ErrorCode::kUnsupported, item.offset, "an alias of a join is not built in this release",
                "write it as a subquery: (SELECT * FROM ...) AS name");
  }
  std::vector<v1::Expression> conditions;
  std::vector<Merged> merged;
  if (!AddUsing(item, left, right, &merged, &conditions)) return false;
  if (item.condition != nullptr) {
    NameScope both(scope_.outer());
    both.Append(left.scope_);
    both.Append(right.scope_);
    OuterNames outer = item.join == JoinSyntaxKind::kInner ? OuterNames::kTaken : OuterNames::kRefused;
    auto written = ExpressionWriter(both, outer, nullptr, queries_.errors()).Write(*item.condition);
    if (!written) return false;
    for (v1::Expression& each : logical::Conjuncts(*written)) conditions.push_back(std::move(each));
  }
  if (item.join != JoinSyntaxKind::kInner)
    return AddOuterJoin(item, left, right, std::move(conditions), std::move(merged));
  Take(left);
  Take(right);
  std::move(conditions.begin(), conditions.end(), std::back_inserter(conditions_));
  return true;
}

bool FromBinder::AddOuterJoin(const FromItem& item, FromBinder& left, FromBinder& right,
                              std::vector<v1::Expression> conditions, std::vector<Merged> merged) {
  std::vector<v1::Expression> left_conditions = std::move(left.conditions_);
  std::vector<v1::Expression> right_conditions = std::move(right.conditions_);
  std::optional<Subject> left_side = left.Join(&left_conditions);
  if (!left_side) return false;
  if (item.join == JoinSyntaxKind::kLeft && right.pieces_.size() == 1 && right.pieces_[0].dependent &&
      left_conditions.empty() && IsCovered(right.pieces_[0].Needs(), left_side->columns)) {
    Piece piece;
    if (!JoinDependent(std::move(right.pieces_[0]), v1::LEFT, std::move(conditions), &*left_side)) return false;
    piece.subject = *std::move(left_side);
    scope_.Append(left.scope_);
    scope_.Append(right.scope_);
    pieces_.push_back(std::move(piece));
    return true;
  }
  std::optional<Subject> right_side = right.Join(&right_conditions);
  if (!right_side) return false;
  if (!left_conditions.empty() || !right_conditions.empty()) {
    return Fail(
        ErrorCode::kUnsupported, item.offset,
        "a condition of an inner join inside of an outer one that reads the query around it is not built in this "
        "release");
  }
  Piece piece;
  piece.subject.node =
      logical::Join(KindOf(item.join), std::move(left_side->node), std::move(right_side->node), std::move(conditions));
  piece.subject.node.set_position(item.offset + 1);
  piece.subject.columns = std::move(left_side->columns);
  piece.subject.columns.merge(right_side->columns);
  if (!merged.empty()) {
    v1::Node node;
    node.set_position(item.offset + 1);
    *node.mutable_project()->mutable_input() = std::move(piece.subject.node);
    node.mutable_project()->set_keep_input(true);
    for (Merged& each : merged) {
      logical::AddColumn(node.mutable_project(), each.column,
                         logical::Call("coalesce", {std::move(each.left), std::move(each.right)}, item.offset + 1));
      piece.subject.columns.insert(each.column);
    }
    piece.subject.node = std::move(node);
  }
  scope_.Append(left.scope_);
  scope_.Append(right.scope_);
  pieces_.push_back(std::move(piece));
  return true;
}

// The first piece that a condition joins to what is joined, else the first function or query that has all it reads,
// else the first relation. pieces.size(): none fits.
size_t FromBinder::NextPiece(const std::vector<Piece>& pieces, const Subject& joined,
                             const std::vector<v1::Expression>& conditions) const {
  auto joins = [&](const Piece& piece) {
    logical::Columns both = joined.columns;
    both.insert(piece.subject.columns.begin(), piece.subject.columns.end());
    return std::any_of(conditions.begin(), conditions.end(), [&](const v1::Expression& condition) {
      return condition.call().function() == "=" && logical::ReadsAny(condition, joined.columns) &&
             logical::ReadsAny(condition, piece.subject.columns) && IsCovered(logical::ColumnsOf(condition), both);
    });
  };
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (!pieces[i].needs_others() && joins(pieces[i])) return i;
  }
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].needs_others() && IsCovered(pieces[i].Needs(), joined.columns)) return i;
  }
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (!pieces[i].needs_others()) return i;
  }
  return pieces.size();
}

std::optional<Subject> FromBinder::Join(std::vector<v1::Expression>* conditions) {
  std::vector<Piece> left = std::move(pieces_);
  Subject joined;
  if (left.empty() || left[0].needs_others()) {
    std::string row = queries_.names().Make("row");
    joined.node = logical::OneRow(row);
    joined.columns.insert(row);
  } else {
    joined = std::move(left[0].subject);
    left.erase(left.begin());
  }
  joined.node = logical::Filter(std::move(joined.node), TakeCovered(conditions, joined.columns));
  while (!left.empty()) {
    size_t next = NextPiece(left, joined, *conditions);
    if (next == left.size()) {
      const uint32_t position = left[0].call ? left[0].call->position() : left[0].dependent->query.node.position();
      Fail(
          ErrorCode::kUnsupported, position == 0 ? 0 : position - 1,
          "a table function or LATERAL query, in this place, that reads another item of FROM or the query around it is "
          "not built in this release");
      return std::nullopt;
    }
    Piece piece = std::move(left[next]);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(next));
    logical::Columns columns = joined.columns;
    columns.insert(piece.subject.columns.begin(), piece.subject.columns.end());
    std::vector<v1::Expression> covered = TakeCovered(conditions, columns);
    if (piece.dependent) {
      if (!JoinDependent(std::move(piece), v1::INNER, std::move(covered), &joined)) return std::nullopt;
      continue;
    }
    joined.columns = std::move(columns);
    if (!piece.call) {
      joined.node = logical::Join(v1::INNER, std::move(joined.node), std::move(piece.subject.node), std::move(covered));
      continue;
    }
    v1::Node called;
    called.set_position(piece.call->position());
    v1::FlatMap* flat_map = called.mutable_flat_map();
    *flat_map->mutable_input() = std::move(joined.node);
    *flat_map->mutable_call() = *std::move(piece.call);
    flat_map->set_as(piece.call_column);
    flat_map->set_keep_input(true);
    joined.node = logical::Filter(std::move(called), std::move(covered));
  }
  return joined;
}

}  // namespace freshet
