#include "server/pipelines/rows_request.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/key_hash.h"
#include "engine/base/str_cat.h"
#include "engine/circuit/circuit_builder.h"
#include "engine/columnar/datum.h"
#include "engine/columnar/key_columns.h"
#include "engine/columnar/row_codec.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "server/pipelines/key_look_up.h"
#include "server/plan/bound_expression.h"
#include "server/plan/type_proto.h"
#include "server/sql/bind/bind_expression.h"

namespace freshet {
namespace {

using Key = std::vector<Datum>;

// The key columns of a view: all of its columns where it names none.
std::vector<uint32_t> KeyOf(const v1::PhysicalView& view) {
  std::vector<uint32_t> columns(view.key().begin(), view.key().end());
  if (columns.empty()) {
    for (int i = 0; i < view.schema_size(); ++i) columns.push_back(static_cast<uint32_t>(i));
  }
  return columns;
}

absl::StatusOr<std::vector<Key>> ParseKeys(const RowsQuery& query, const std::vector<uint32_t>& columns,
                                           const Schema& schema) {
  std::vector<Key> keys;
  for (const auto& texts : query.keys) {
    if (texts.size() != columns.size()) {
      return MakeError(ErrorCode::kInvalidKey, fmt::format("the key of '{}' has {} columns, not {}", query.relation,
                                                           columns.size(), texts.size()));
    }
    Key& key = keys.emplace_back();
    for (size_t i = 0; i < columns.size(); ++i) {
      const Field& field = schema[columns[i]];
      Datum datum;
      if (texts[i]) {
        auto parsed = ParseDatum(*texts[i], field.type);
        if (!parsed.ok()) {
          return MakeError(ErrorCode::kInvalidKey,
                           fmt::format("the key column {} is {}: {}", field.name, TypeName(field.type),
                                       StdView(parsed.status().message())));
        }
        datum = *std::move(parsed);
      }
      key.push_back(std::move(datum));
    }
  }
  return keys;
}

// `shard_count` and `seed` say which shard a key lies on: the rows of every view are spread by its key.
void AddKeys(const std::vector<Key>& keys, const std::vector<uint32_t>& columns, uint16_t shard_count, uint64_t seed,
             BoundRows& bound) {
  for (const Key& key : keys) {
    std::vector<Column> cells;
    std::vector<ColumnIndex> all;
    for (size_t i = 0; i < columns.size(); ++i) {
      ColumnBuilder builder(bound.schema[columns[i]].type);
      AppendDatum(key[i], builder);
      cells.push_back(builder.Finish());
      all.push_back(ColumnIndex(static_cast<uint32_t>(i)));
    }
    DeltaBatch row(1, std::move(cells));
    EncodeRow(row, all, 0, bound.request.add_keys());
    uint64_t hash = HashKeys(row, all, seed).as<uint64_t>()[0];
    bound.shards.push_back(OwnerOf(VnodeOf(hash), shard_count).value());
  }
  std::sort(bound.shards.begin(), bound.shards.end());
  bound.shards.erase(std::unique(bound.shards.begin(), bound.shards.end()), bound.shards.end());
  for (uint32_t shard = 0; keys.empty() && shard < shard_count; ++shard) bound.shards.push_back(shard);
}

absl::Status BindOrder(const RowsQuery& query, BoundRows& bound) {
  for (const RowsQuery::Order& order : query.order) {
    auto field = std::find_if(bound.schema.begin(), bound.schema.end(),
                              [&](const Field& each) { return each.name == order.column; });
    if (field == bound.schema.end()) {
      return MakeError(ErrorCode::kUnknownColumn,
                       fmt::format("'{}' has no column '{}' to order by", query.relation, order.column));
    }
    v1::OrderBy& by = *bound.request.add_order();
    by.set_column(static_cast<uint32_t>(field - bound.schema.begin()));
    by.set_descending(order.descending);
    by.set_nulls_first(order.nulls_first.value_or(order.descending));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<uint32_t> FindRelation(const RowsQuery& query, const v1::CatalogRevision& revision) {
  const v1::PhysicalPlan& physical = revision.physical();
  for (int i = 0; i < physical.views_size(); ++i) {
    const v1::PhysicalView& view = physical.views(i);
    if (view.name() == query.relation && view.table() == query.table && view.index_on().empty()) {
      return static_cast<uint32_t>(i);
    }
  }
  auto named = [&](const auto& relation) { return relation.name() == query.relation; };
  const v1::Plan& plan = revision.plan();
  bool known = query.table ? std::any_of(plan.tables().begin(), plan.tables().end(), named)
                           : std::any_of(plan.views().begin(), plan.views().end(), named);
  const char* kind = query.table ? "table" : "view";
  if (!known) return MakeError(ErrorCode::kNotFound, fmt::format("there is no {} '{}'", kind, query.relation));
  return MakeError(ErrorCode::kNotMaterialized,
                   fmt::format("{} '{}' keeps no rows; declare it materialized", kind, query.relation));
}

absl::StatusOr<BoundRows> BindRows(const RowsQuery& query, const v1::CatalogRevision& revision) {
  if (query.limit == 0) return MakeError(ErrorCode::kInvalidRequest, "limit must be at least 1");
  ASSIGN_OR_RETURN(uint32_t index, FindRelation(query, revision));
  const v1::PhysicalPlan& plan = revision.physical();
  BoundRows bound;
  bound.schema = SchemaFromProto(plan.views(static_cast<int>(index)).schema());
  ASSIGN_OR_RETURN(std::vector<Key> keys, ParseKeys(query, KeyOf(plan.views(static_cast<int>(index))), bound.schema));
  if (!query.where.empty()) {
    ASSIGN_OR_RETURN(Expression where, BindWhere(query.where, bound.schema));
    ExpressionToProto(where).SerializeToString(bound.request.mutable_where());
    std::optional<KeyLookUp> look_up;
    if (keys.empty()) look_up = FindKeyLookUp(where, plan, index);
    if (look_up) {
      index = look_up->view;
      keys.push_back(std::move(look_up->cells));
    }
  }
  bound.request.set_view(index);
  const auto shard_count = static_cast<uint16_t>(std::max<uint32_t>(1, revision.plan().options().shards()));
  AddKeys(keys, KeyOf(plan.views(static_cast<int>(index))), shard_count, plan.hash_seed(), bound);
  RETURN_IF_ERROR(BindOrder(query, bound));
  std::string hashed = bound.request.SerializeAsString();
  bound.query_hash = HashBytes(hashed.data(), hashed.size(), 0);
  bound.request.set_limit(query.limit);
  return bound;
}

}  // namespace freshet
