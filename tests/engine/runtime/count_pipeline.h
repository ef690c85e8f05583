// A small pipeline for the tests of the runtime: words with key >= 0, spread by key, counted per key.
#pragma once

#include <memory>
#include <vector>

#include "engine/functions/aggregate/aggregate_list.h"
#include "engine/functions/function_list.h"
#include "engine/operators/filter.h"
#include "engine/operators/group_aggregate.h"
#include "tests/support/random_rows.h"
#include "tests/support/result_collector.h"
#include "tests/support/scripted_source.h"
#include "tests/support/simulated_cluster.h"

namespace freshet {

class CountPipeline {
 public:
  static std::shared_ptr<const Script> RandomScript(uint64_t seed, int partitions, int64_t rows) {
    Random random(seed);
    auto script = std::make_shared<Script>();
    script->schema = {{"key", {TypeKind::kBigint}}, {"value", {TypeKind::kBigint}}};
    for (int partition = 0; partition < partitions; ++partition) {
      auto& list = script->partitions["part" + std::to_string(partition)];
      for (int64_t i = 0; i < rows; ++i) {
        list.push_back({{Datum::Int(RandomBelow(random, 40) - 10), Datum::Int(RandomBelow(random, 5))}, 1});
        // A third of the rows goes again.
        if (i > 0 && RandomBelow(random, 3) == 0 && list[i - 1].second == 1) list[i] = {list[i - 1].first, -1};
      }
    }
    return script;
  }

  explicit CountPipeline(std::shared_ptr<const Script> script) : script_(std::move(script)) {}
  void set_static(bool is_static) { is_static_ = is_static; }

  // Builds the circuits anew; results start empty.
  std::unique_ptr<SimulatedCluster> Make(const SimulatedCluster::Options& options) {
    results_.clear();
    sources_.clear();
    base_ = ZSet();
    return std::make_unique<SimulatedCluster>(
        options, [&](CircuitBuilder& builder, ShardId shard) { return BuildShard(options, builder, shard); });
  }
  void StartWith(ZSet rows) { base_ = std::move(rows); }

  void ReleaseAll(int64_t rows) {
    for (ScriptedSource* source : sources_) {
      for (const std::string& partition : source->partitions()) source->Release(partition, rows);
    }
  }
  ScriptedSource& source(uint16_t shard) { return *sources_[shard]; }

  ZSet Committed() const {
    ZSet rows = base_;
    for (const auto& result : results_) rows.Add(result->committed);
    return rows;
  }
  bool Shown() const {
    for (const auto& result : results_) {
      if (!result->shown) return false;
    }
    return true;
  }
  // The last epoch that every shard has committed.
  Epoch LowestEpoch() const {
    Epoch lowest = results_[0]->epoch;
    for (const auto& result : results_) lowest = std::min(lowest, result->epoch);
    return lowest;
  }

  ZSet Expected() const { return ExpectedUpTo(INT64_MAX); }
  ZSet ExpectedUpTo(int64_t rows_of_each) const {
    std::map<int64_t, int64_t> counts;
    for (const auto& [name, rows] : script_->partitions) {
      for (int64_t i = 0; i < std::min<int64_t>(rows_of_each, rows.size()); ++i) {
        if (int64_t key = rows[i].first[0].int_value(); key >= 0) counts[key] += rows[i].second;
      }
    }
    ZSet result;
    for (const auto& [key, count] : counts) {
      if (count > 0) result.Add({Datum::Int(key), Datum::Int(count)}, 1);
    }
    return result;
  }

 private:
  std::vector<Committable*> BuildShard(const SimulatedCluster::Options& options, CircuitBuilder& builder,
                                       ShardId shard) {
    const DataType bigint{TypeKind::kBigint};
    ScriptedSource::Options source_options;
    source_options.is_static = is_static_;
    source_options.batch_rows = 20;
    size_t number = 0;
    for (const auto& [name, rows] : script_->partitions) {
      if (number++ % options.shard_count == shard.value()) source_options.partitions.push_back(name);
    }
    auto source = std::make_unique<ScriptedSource>(script_, source_options);
    sources_.push_back(source.get());
    NodeId words = builder.AddSource("words", std::move(source), script_->schema);

    const std::vector<DataType> types{bigint, bigint};
    const ScalarFunction* at_least = FindScalarFunction(">=", std::vector{TypeKind::kBigint, TypeKind::kBigint});
    Expression condition = Expression::Call(
        *at_least, {Expression::Column(ColumnIndex(0), bigint), Expression::Literal(Datum::Int(0), bigint)});
    NodeId kept = builder.AddOperator("filter", std::make_unique<Filter>(types, std::move(condition), nullptr), {words},
                                      script_->schema);
    NodeId spread = builder.AddExchange("by key", kept, Distribution::kHash, {ColumnIndex(0)});

    GroupAggregate::Options group;
    group.input_types = types;
    group.key = {ColumnIndex(0)};
    group.aggregates = {{FindAggregates("count").front(), {}, std::nullopt}};
    for (const AggregateFunction* function : FindAggregates("count")) {
      if (function->arguments.empty()) group.aggregates[0].function = function;
    }
    group.state = {"count", "groups"};
    group.hash_seed = options.hash_seed;
    NodeId counts = builder.AddOperator("count", std::make_unique<GroupAggregate>(group), {spread},
                                        {{"key", bigint}, {"count", bigint}});
    results_.push_back(std::make_unique<CollectedResult>());
    builder.AddOperator("result", std::make_unique<ResultCollector>(results_.back().get()), {counts},
                        builder.SchemaOf(counts));
    return {results_.back().get()};
  }

  const std::shared_ptr<const Script> script_;
  bool is_static_ = true;
  ZSet base_;
  std::vector<ScriptedSource*> sources_;
  std::vector<std::unique_ptr<CollectedResult>> results_;
};

}  // namespace freshet
