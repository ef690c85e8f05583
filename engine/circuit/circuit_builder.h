// Builds the circuit of one shard, node by node, inputs first. The same calls on every shard give the same node,
// exchange, source and view numbers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/circuit/operator.h"
#include "engine/circuit/source.h"
#include "engine/columnar/types.h"

namespace freshet {

class Circuit;

// How an exchange spreads rows over the shards.
enum class Distribution : uint8_t {
  kHash,       // by the vnode of the hash of `key`
  kGather,     // all to one shard: the owner of the vnode of the empty key
  kBroadcast,  // every row to every shard
  kPartition,  // to the shard that owns the row's partition of a sink (SinkPartitionOf)
};

class CircuitBuilder {
 public:
  struct Options {
    ShardId shard;
    uint16_t shard_count = 1;
    uint64_t hash_seed = 0;
    size_t output_row_budget = Output::kDefaultRowBudget;
    // Bytes of an exchange's rows from the own shard to itself that may wait; rows to others have credits.
    size_t own_window_bytes = 4 << 20;
    // Measures the time of every node. Not owned; outlives the circuit.
    const Clock* clock = nullptr;
    // Wraps every operator in checks of its protocol and output (tests; it costs a pass over every batch).
    bool checked = false;
  };

  explicit CircuitBuilder(Options options);
  ~CircuitBuilder();

  // A source whose rows enter the circuit here. `name` for metrics and errors: the table's name.
  NodeId AddSource(std::string name, std::unique_ptr<Source> source, Schema schema);
  // An operator that reads `inputs`, one a port.
  NodeId AddOperator(std::string name, std::unique_ptr<Operator> op, std::vector<NodeId> inputs, Schema schema);
  // Moves rows to the shard that owns them. With one shard it costs nothing.
  // `partition_count`: of kPartition only.
  NodeId AddExchange(std::string name, NodeId input, Distribution distribution, KeyColumns key,
                     uint32_t partition_count = 0);

  const Schema& SchemaOf(NodeId node) const;

  std::unique_ptr<Circuit> Build();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Which shard owns a vnode: contiguous ranges of equal size up to one vnode.
ShardId OwnerOf(VnodeId vnode, uint16_t shard_count);

}  // namespace freshet
