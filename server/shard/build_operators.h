// Builds the circuit of one shard from the physical plan: one case per node, through the engine's builder.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/circuit/circuit.h"
#include "engine/circuit/sink.h"
#include "engine/circuit/source.h"
#include "engine/operators/sink_feed.h"
#include "engine/views/change_ring.h"
#include "engine/views/view_store.h"
#include "freshet/v1/physical_plan.pb.h"
#include "freshet/v1/shard_service.pb.h"

namespace freshet {

// What operators tell about rows that they could not use, by node and code, with a sample; for /errors.
class ExpressionErrors {
 public:
  virtual ~ExpressionErrors() = default;
  virtual std::vector<v1::ExpressionError> List() const = 0;
};

struct BuiltCircuit {
  // The circuit refers to the stores and the errors: declared last, so that it goes first.
  std::unique_ptr<ExpressionErrors> errors;
  std::vector<std::unique_ptr<ViewStore>> views;   // by the plan's view numbers
  std::vector<std::unique_ptr<ChangeRing>> rings;  // likewise; nullptr: the changes are not kept
  std::vector<std::unique_ptr<SinkFeed>> feeds;    // by the plan's sink numbers
  std::unique_ptr<Circuit> circuit;
};

struct BuildOptions {
  ShardId shard;
  uint16_t shard_count = 1;
  ChangeRetention* change_retention = nullptr;  // outlives the rings; nullptr: no changes are kept
  // By the plan's sink numbers: where they write, and in how many partitions (0: it has none). They outlive the
  // circuit.
  std::vector<Sink*> sinks;
  std::vector<uint32_t> sink_partitions;
};

// `sources`: by the plan's source numbers; taken over. Error: a plan that no planner of this release makes.
absl::StatusOr<BuiltCircuit> BuildOperators(const v1::PhysicalPlan& plan, std::vector<std::unique_ptr<Source>> sources,
                                            const BuildOptions& options);

}  // namespace freshet
