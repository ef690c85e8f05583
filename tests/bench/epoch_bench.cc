// The fixed cost of an epoch: one row through 20 operators in 3 exchange stages, from the row's arrival to COMMIT;
// in-process source, no fsync. ENGINE.md's goal: 50 us with one shard (floor 100), 300 with several (floor 1 ms).
// Run: epoch_bench
#include <benchmark/benchmark.h>

#include <chrono>

#include "engine/base/check.h"
#include "engine/circuit/circuit_builder.h"
#include "engine/columnar/text_form.h"
#include "engine/functions/aggregate/aggregate_list.h"
#include "engine/functions/function_list.h"
#include "engine/operators/distinct.h"
#include "engine/operators/filter.h"
#include "engine/operators/group_aggregate.h"
#include "engine/operators/inner_join.h"
#include "engine/operators/project.h"
#include "engine/operators/union.h"
#include "engine/runtime/in_memory_network.h"
#include "engine/runtime/shard_loop.h"

namespace freshet {
namespace {

constexpr DataType kBigint{TypeKind::kBigint};
const Schema kTwo{{"key", kBigint}, {"value", kBigint}};
const std::vector<DataType> kTypes{kBigint, kBigint};

class RealClock : public Clock {
 public:
  int64_t MonotonicMicros() const override { return Micros(std::chrono::steady_clock::now().time_since_epoch()); }
  int64_t UnixMicros() const override { return Micros(std::chrono::system_clock::now().time_since_epoch()); }

 private:
  template <typename Duration>
  static int64_t Micros(Duration duration) {
    return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  }
};

// Gives one row each time it is asked to.
class OneRowSource : public Source {
 public:
  void Offer() { ready_ = true; }

  absl::Status Open(const freshet::Positions&, const std::optional<freshet::Positions>&) override {
    return absl::OkStatus();
  }
  void Continue(const std::optional<freshet::Positions>&) override {}
  WaitingInput Waiting() const override { return {ready_ ? 1u : 0u, 16}; }
  std::optional<DeltaBatch> Take() override {
    if (!std::exchange(ready_, false)) return std::nullopt;
    ++taken_;
    ColumnBuilder key(kBigint, 1), value(kBigint, 1);
    key.Append<int64_t>(taken_ * 7 % 1000);
    value.Append<int64_t>(taken_);
    return DeltaBatch(1, {key.Finish(), value.Finish()});
  }
  freshet::Positions TakePositions() override {
    if (taken_ == told_) return {};
    told_ = taken_;
    Position position;
    position.offset = taken_;
    return {{"topic/0", position}};
  }
  SourceProgress Progress() const override {
    SourceProgress progress;
    progress.loaded = true;
    return progress;
  }
  absl::Status Health() const override { return absl::OkStatus(); }

 private:
  bool ready_ = false;
  int64_t taken_ = 0;
  int64_t told_ = 0;
};

struct Builder {
  CircuitBuilder builder;
  uint64_t seed = 7;
  int operators = 0;

  NodeId Add(std::unique_ptr<Operator> op, std::vector<NodeId> inputs, Schema schema = kTwo) {
    ++operators;
    return builder.AddOperator("op" + std::to_string(operators), std::move(op), std::move(inputs), std::move(schema));
  }
  NodeId Keep(NodeId input) {
    const ScalarFunction* at_least = FindScalarFunction(">=", std::vector{TypeKind::kBigint, TypeKind::kBigint});
    return Add(std::make_unique<Filter>(kTypes,
                                        Expression::Call(*at_least, {Expression::Column(ColumnIndex(1), kBigint),
                                                                     Expression::Literal(Datum::Int(0), kBigint)}),
                                        nullptr),
               {input});
  }
  NodeId AddOne(NodeId input) {
    const ScalarFunction* plus = FindScalarFunction("+", std::vector{TypeKind::kBigint, TypeKind::kBigint});
    return Add(std::make_unique<Project>(
                   kTypes, std::vector{Expression::Column(ColumnIndex(0), kBigint),
                                       Expression::Call(*plus, {Expression::Column(ColumnIndex(1), kBigint),
                                                                Expression::Literal(Datum::Int(1), kBigint)})}),
               {input});
  }
  NodeId Aggregate(NodeId input, const char* name) {
    GroupAggregate::Options options;
    options.input_types = kTypes;
    options.key = {ColumnIndex(0)};
    options.aggregates = {{FindAggregate(name, std::vector{TypeKind::kBigint}), {ColumnIndex(1)}, std::nullopt}};
    CHECK(options.aggregates[0].function != nullptr) << name;
    options.state = {std::to_string(operators), "groups"};
    options.hash_seed = seed;
    return Add(std::make_unique<GroupAggregate>(options), {input});
  }
  NodeId Join(NodeId left, NodeId right) {
    JoinOptions options;
    options.left = {kTypes, {ColumnIndex(0)}};
    options.right = {kTypes, {ColumnIndex(0)}};
    options.node = std::to_string(operators);
    options.hash_seed = seed;
    return Add(std::make_unique<InnerJoin>(options), {left, right},
               {{"key", kBigint}, {"value", kBigint}, {"key2", kBigint}, {"value2", kBigint}});
  }
  NodeId Narrow(NodeId input) {
    return Add(std::make_unique<Project>(std::vector<DataType>(4, kBigint),
                                         std::vector{Expression::Column(ColumnIndex(0), kBigint),
                                                     Expression::Column(ColumnIndex(3), kBigint)}),
               {input});
  }
};

OneRowSource* Build(Builder& b) {
  auto source = std::make_unique<OneRowSource>();
  OneRowSource* result = source.get();
  NodeId rows = b.builder.AddSource("rows", std::move(source), kTwo);
  NodeId a = b.AddOne(b.Keep(b.AddOne(b.Keep(rows))));  // 4
  NodeId by_key = b.builder.AddExchange("by key", a, Distribution::kHash, {ColumnIndex(0)});
  NodeId most = b.AddOne(b.Aggregate(by_key, "max"));                                  // 6
  NodeId least = b.AddOne(b.Aggregate(by_key, "min"));                                 // 8
  NodeId joined = b.Narrow(b.Join(most, least));                                       // 10
  NodeId both = b.Keep(b.Add(std::make_unique<Union>(), {joined, b.AddOne(by_key)}));  // 13
  NodeId by_value = b.builder.AddExchange("by value", both, Distribution::kHash, {ColumnIndex(1)});
  DistinctOptions distinct;
  distinct.input_types = kTypes;
  distinct.state = {"distinct", "rows"};
  distinct.hash_seed = b.seed;
  NodeId once = b.Add(MakeDistinct(distinct), {by_value});      // 14
  NodeId count = b.Keep(b.Aggregate(b.AddOne(once), "count"));  // 17
  b.AddOne(b.AddOne(b.Keep(count)));                            // 20
  CHECK_EQ(b.operators, 20);
  return result;
}

void OneRowEpoch(benchmark::State& state) {
  const uint16_t shard_count = static_cast<uint16_t>(state.range(0));
  RealClock clock;
  InMemoryJournal journal;
  InMemoryNetwork network(shard_count);
  std::vector<std::unique_ptr<ShardLoop>> shards;
  std::vector<OneRowSource*> sources;
  for (uint16_t shard = 0; shard < shard_count; ++shard) {
    CircuitBuilder::Options options;
    options.shard = ShardId(shard);
    options.shard_count = shard_count;
    options.hash_seed = 7;
    options.clock = &clock;
    Builder builder{CircuitBuilder(options)};
    sources.push_back(Build(builder));
    shards.push_back(std::make_unique<ShardLoop>(ShardLoop::Options(), builder.builder.Build(),
                                                 std::vector<Committable*>(), network.link(ShardId(shard)), &clock));
  }
  Conductor::Options conductor;
  conductor.cut_policy.max_age_micros = 0;  // no rest between the epochs
  conductor.cut_policy.min_epoch_micros = 0;
  shards[0]->Conduct(conductor, &journal);
  for (auto& shard : shards) CHECK(shard->Start({}).ok());

  auto run = [&] {
    for (bool worked = true; worked;) {
      worked = false;
      for (uint16_t from = 0; from < shard_count; ++from) {
        worked |= shards[from]->Step();
        for (uint16_t to = 0; to < shard_count; ++to) {
          while (auto frame = network.Take(ShardId(from), ShardId(to))) {
            shards[to]->OnFrame(ShardId(from), *std::move(frame));
            worked = true;
          }
        }
      }
    }
  };
  run();
  uint64_t epochs = shards[0]->conductor()->status().epochs;
  const uint64_t before = epochs;
  int64_t cut_to_commit = 0;
  for (auto _ : state) {
    sources[shard_count - 1]->Offer();
    shards[shard_count - 1]->OnSourceReady();
    run();
    ++epochs;
    cut_to_commit += shards[0]->conductor()->status().last_epoch_micros;
    CHECK_EQ(shards[0]->conductor()->status().epochs, epochs);
  }
  state.counters["cut_to_commit_us"] = static_cast<double>(cut_to_commit) / static_cast<double>(epochs - before);
}
BENCHMARK(OneRowEpoch)->ArgName("shards")->Arg(1)->Arg(2)->Arg(4)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace freshet
