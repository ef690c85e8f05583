#include "server/plan/relation.h"

#include <algorithm>
#include <numeric>

namespace freshet {

bool Contains(const ColumnList& whole, const ColumnList& part) {
  return std::all_of(part.begin(), part.end(),
                     [&](uint32_t column) { return std::find(whole.begin(), whole.end(), column) != whole.end(); });
}

bool IsUniqueBy(const Relation& relation, const ColumnList& columns) {
  return relation.properties.unique_key && Contains(columns, *relation.properties.unique_key);
}

ColumnList FirstColumns(size_t count) {
  ColumnList columns(count);
  std::iota(columns.begin(), columns.end(), 0u);
  return columns;
}

std::optional<ColumnList> MapColumns(const ColumnList& columns, const std::vector<std::optional<uint32_t>>& map) {
  ColumnList mapped;
  for (uint32_t column : columns) {
    if (!map[column]) return std::nullopt;
    mapped.push_back(*map[column]);
  }
  return mapped;
}

Relation MapRelation(const Relation& input, Schema schema, const std::vector<std::optional<uint32_t>>& map) {
  Relation result{std::move(schema), {}, {}};
  result.properties.append_only = input.properties.append_only;
  if (input.properties.unique_key) result.properties.unique_key = MapColumns(*input.properties.unique_key, map);
  switch (input.partitioning.kind) {
    case PartitioningKind::kAny:
      break;
    case PartitioningKind::kHash:
      if (auto key = MapColumns(input.partitioning.key, map)) result.partitioning = Partitioning::Hash(*std::move(key));
      break;
    case PartitioningKind::kGather:
      result.partitioning = Partitioning::Gather();
      break;
  }
  return result;
}

std::vector<DataType> TypesOf(const Schema& schema) {
  std::vector<DataType> types;
  for (const Field& field : schema) types.push_back(field.type);
  return types;
}

}  // namespace freshet
