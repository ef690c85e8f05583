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
};

using Inputs = std::span<const Relation* const>;

// Whether every column of `part` is one of `whole`.
bool Contains(const ColumnList& whole, const ColumnList& part);
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
