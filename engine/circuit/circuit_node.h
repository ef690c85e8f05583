// One node of a circuit as the scheduler sees it. Internal to engine/circuit.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/circuit/measuring_operator.h"
#include "engine/circuit/operator.h"
#include "engine/circuit/scatter.h"
#include "engine/circuit/source.h"
#include "engine/columnar/types.h"

namespace freshet {

// What a node did since its shard started; cheap to keep, for metrics and EXPLAIN ANALYZE.
struct NodeStatistics {
  uint64_t rows_in = 0;
  uint64_t rows_out = 0;
  uint64_t batches_in = 0;
  uint64_t seals = 0;
  int64_t micros = 0;  // only when the circuit was built with a clock
};

struct CircuitEdge {
  NodeId to;
  PortIndex port;
};

struct CircuitInput {
  PortIndex port;
  DeltaBatch batch;
  ShardId from;      // exchanges: who sent it
  size_t bytes = 0;  // exchanges: what it takes of the window
};

struct CircuitNode {
  enum class Kind : uint8_t { kSource, kOperator, kExchange };

  Kind kind = Kind::kOperator;
  std::string name;
  Schema schema;
  StageId stage;
  std::vector<CircuitEdge> successors;
  std::vector<ExchangeId> leads_to;  // exchanges that its rows reach before any other exchange

  std::unique_ptr<Operator> op;                 // kOperator
  const MeasuringOperator* measured = nullptr;  // the same operator, when the circuit was built with a clock
  std::unique_ptr<Source> source;               // kSource
  std::unique_ptr<Scatter> scatter;             // kExchange, with several shards
  ExchangeId exchange;                          // kExchange
  StageId starts_in;                            // kExchange: the stage of its input
  size_t own_bytes = 0;                         // kExchange: bytes of the own shard's rows in `inputs`
  bool flush_due = false;                       // kExchange: rows came in this epoch

  uint32_t open_inputs = 0;  // edges to it whose nodes have not ended
  bool ended = false;        // it emits nothing any more

  std::deque<CircuitInput> inputs;
  bool more = false;     // Resume is due
  bool pending = false;  // in the run queue or set aside for want of credit
  bool touched = false;  // got input in this epoch, not sealed yet
  Epoch sealed_in;       // the last epoch that it was sealed in
  Output out;
  NodeStatistics statistics;
};

}  // namespace freshet
