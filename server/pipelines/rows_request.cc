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
#include "server/plan/bound_expression.h"
#include "server/plan/type_proto.h"
#include "server/sql/bind/bind_expression.h"

namespace freshet {
namespace {

// `shard_count` and `seed` say which shard a key lies on: the rows of every view are spread by its key.
absl::Status BindKeys(const RowsQuery& query, const v1::PhysicalView& view, uint16_t shard_count, uint64_t seed,
                      BoundRows& bound) {
  std::vector<uint32_t> columns(view.key().begin(), view.key().end());
  if (columns.empty()) {
    for (uint32_t i = 0; i < bound.schema.size(); ++i) columns.push_back(i);
  }
  for (const auto& key : query.keys) {
    if (key.size() != columns.size()) {
      return MakeError(ErrorCode::kInvalidKey, fmt::format("the key of '{}' has {} columns, not {}", query.relation,
                                                           columns.size(), key.size()));
    }
    std::vector<Column> cells;
    std::vector<ColumnIndex> all;
    for (size_t i = 0; i < columns.size(); ++i) {
      const Field& field = bound.schema[columns[i]];
      Datum datum;
      if (key[i]) {
        auto parsed = ParseDatum(*key[i], field.type);
        if (!parsed.ok()) {
          return MakeError(ErrorCode::kInvalidKey,
                           fmt::format("the key column {} is {}: {}", field.name, TypeName(field.type),
                                       StdView(parsed.status().message())));
        }
        datum = *std::move(parsed);
      }
      ColumnBuilder builder(field.type);
      AppendDatum(datum, builder);
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
  for (uint32_t shard = 0; query.keys.empty() && shard < shard_count; ++shard) bound.shards.push_back(shard);
  return absl::OkStatus();
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
    if (physical.views(i).name() == query.relation && physical.views(i).table() == query.table) {
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
  const v1::PhysicalView& view = revision.physical().views(static_cast<int>(index));
  BoundRows bound;
  bound.schema = SchemaFromProto(view.schema());
  bound.request.set_view(index);
  auto shard_count = static_cast<uint16_t>(std::max<uint32_t>(1, revision.plan().options().shards()));
  RETURN_IF_ERROR(BindKeys(query, view, shard_count, revision.physical().hash_seed(), bound));
  RETURN_IF_ERROR(BindOrder(query, bound));
  if (!query.where.empty()) {
    ASSIGN_OR_RETURN(Expression where, BindWhere(query.where, bound.schema));
    ExpressionToProto(where).SerializeToString(bound.request.mutable_where());
  }
  std::string hashed = bound.request.SerializeAsString();
  bound.query_hash = HashBytes(hashed.data(), hashed.size(), 0);
  bound.request.set_limit(query.limit);
  return bound;
}

}  // namespace freshet
