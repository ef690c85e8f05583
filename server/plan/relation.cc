#include "server/plan/relation.h"

#include <algorithm>
#include <numeric>

namespace freshet {

bool Contains(const ColumnList& whole, const ColumnList& part) {
  return std::all_of(part.begin(), part.end(),
                     [&](uint32_t column) { return std::find(whole.begin(), whole.end(), column) != whole.end(); });
}

ColumnList EqualColumns(const Relation& relation, uint32_t column) {
  ColumnList equal = {column};
  for (const ColumnList& members : relation.equal_columns) {
    if (!Contains(members, {column})) continue;
    for (uint32_t member : members) {
      if (member != column) equal.push_back(member);
    }
  }
  return equal;
}

void AddEqualColumns(uint32_t a, uint32_t b, Relation* relation) {
  ColumnList both = EqualColumns(*relation, a);
  for (uint32_t column : EqualColumns(*relation, b)) {
    if (!Contains(both, {column})) both.push_back(column);
  }
  if (both.size() < 2) return;
  std::sort(both.begin(), both.end());
  std::erase_if(relation->equal_columns, [&](const ColumnList& members) { return Contains(both, members); });
  relation->equal_columns.push_back(std::move(both));
}

bool LiesAs(const Relation& relation, const Partitioning& wanted) {
  const Partitioning& actual = relation.partitioning;
  if (actual.kind != wanted.kind || actual.key.size() != wanted.key.size()) return false;
  for (size_t i = 0; i < wanted.key.size(); ++i) {
    if (!Contains(EqualColumns(relation, actual.key[i]), {wanted.key[i]})) return false;
  }
  return true;
}

bool IsUniqueBy(const Relation& relation, const ColumnList& columns) {
  if (!relation.properties.unique_key) return false;
  return std::all_of(relation.properties.unique_key->begin(), relation.properties.unique_key->end(), [&](uint32_t key) {
    ColumnList equal = EqualColumns(relation, key);
    return std::any_of(equal.begin(), equal.end(), [&](uint32_t column) { return Contains(columns, {column}); });
  });
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

namespace {

// Two columns of a key may have become one.
void DropRepetitions(ColumnList* columns) {
  ColumnList once;
  for (uint32_t column : *columns) {
    if (!Contains(once, {column})) once.push_back(column);
  }
  *columns = std::move(once);
}

}  // namespace

Relation MapRelation(const Relation& input, Schema schema, const std::vector<std::optional<uint32_t>>& map) {
  Relation result{std::move(schema), {}, {}, {}};
  // An equal column stands for one that is gone.
  std::vector<std::optional<uint32_t>> with_equal = map;
  for (uint32_t column = 0; column < map.size(); ++column) {
    for (uint32_t equal : EqualColumns(input, column)) {
      if (!with_equal[column]) with_equal[column] = map[equal];
    }
  }
  result.properties.append_only = input.properties.append_only;
  if (input.properties.unique_key) {
    result.properties.unique_key = MapColumns(*input.properties.unique_key, with_equal);
    if (result.properties.unique_key) DropRepetitions(&*result.properties.unique_key);
  }
  switch (input.partitioning.kind) {
    case PartitioningKind::kAny:
      break;
    case PartitioningKind::kHash:
      if (auto key = MapColumns(input.partitioning.key, with_equal)) {
        result.partitioning = Partitioning::Hash(*std::move(key));
      }
      break;
    case PartitioningKind::kGather:
      result.partitioning = Partitioning::Gather();
      break;
  }
  for (const ColumnList& members : input.equal_columns) {
    ColumnList kept;
    for (uint32_t member : members) {
      if (map[member]) kept.push_back(*map[member]);
    }
    for (size_t i = 1; i < kept.size(); ++i) AddEqualColumns(kept[0], kept[i], &result);
  }
  return result;
}

std::vector<DataType> TypesOf(const Schema& schema) {
  std::vector<DataType> types;
  for (const Field& field : schema) types.push_back(field.type);
  return types;
}

}  // namespace freshet
