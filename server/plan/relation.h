// What the planner knows of a node's output: its columns, its properties and how its rows lie over the shards.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/columnar/types.h"
#include "engine/expr/expression.h"

namespace freshet {

using ColumnList = std::vector<uint32_t>;

// Properties hold at seals: inside an epoch a unique key may have several rows or a negative one.
struct Properties {
  bool append_only = false;
  // No two rows are equal in these columns; empty = there is at most one row; no value = nothing is known.
  std::optional<ColumnList> unique_key;

  bool operator==(const Properties&) const = default;
};

enum class PartitioningKind : uint8_t {
  kAny,     // rows lie anywhere
  kHash,    // by the hash of `key`
  kGather,  // all on one shard
};

struct Partitioning {
  PartitioningKind kind = PartitioningKind::kAny;
  ColumnList key;  // kHash, in the order of the hash

  static Partitioning Hash(ColumnList key) { return {PartitioningKind::kHash, std::move(key)}; }
  static Partitioning Gather() { return {PartitioningKind::kGather, {}}; }
  bool operator==(const Partitioning&) const = default;
};

struct Relation {
  Schema schema;
  Properties properties;
  Partitioning partitioning;
  // Sets of columns that are equal to each other in every row, as the key of an inner join is.
  std::vector<ColumnList> equal_columns;
};

using Inputs = std::span<const Relation* const>;

// Whether every column of `part` is one of `whole`.
bool Contains(const ColumnList& whole, const ColumnList& part);
// The columns that are equal to one in every row, itself first.
ColumnList EqualColumns(const Relation& relation, uint32_t column);
// Adds that two columns are equal.
void AddEqualColumns(uint32_t a, uint32_t b, Relation* relation);
// Whether rows that are spread as `relation` says lie as `wanted`: an equal column has an equal hash.
bool LiesAs(const Relation& relation, const Partitioning& wanted);
// Whether no two rows are equal in these columns.
bool IsUniqueBy(const Relation& relation, const ColumnList& columns);
// 0 .. count-1.
ColumnList FirstColumns(size_t count);
// `columns` through `map` (old column to new one); no value: one of them is gone.
std::optional<ColumnList> MapColumns(const ColumnList& columns, const std::vector<std::optional<uint32_t>>& map);
// Properties and partitioning after columns moved as `map` tells.
Relation MapRelation(const Relation& input, Schema schema, const std::vector<std::optional<uint32_t>>& map);
std::vector<DataType> TypesOf(const Schema& schema);

}  // namespace freshet
