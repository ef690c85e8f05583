#include "tests/support/plan_cluster.h"

#include <algorithm>

#include "engine/base/check.h"

namespace freshet {

PlanCluster::PlanCluster(const Plan& plan, std::vector<std::shared_ptr<Script>> scripts, Options options)
    : plan_(plan), scripts_(std::move(scripts)), options_(std::move(options)), released_(scripts_.size()) {
  CHECK_EQ(scripts_.size(), plan_.source_count());
  Build({});
}

void PlanCluster::Build(SimulatedCluster::Options options) {
  options.shard_count = options_.shard_count;
  options.seed = options_.seed;
  options.code_frames = options_.seed % 2 == 0;
  options.output_row_budget = options_.output_row_budget;
  options.credit_window_bytes = options_.credit_window_bytes;
  options.load_limits = options_.load_limits;
  options.load_last = options_.load_last;
  options.store = &store_;
  cluster_.reset();
  results_.clear();
  sources_.assign(scripts_.size(), {});
  cluster_ = std::make_unique<SimulatedCluster>(options, [&](CircuitBuilder& builder, ShardId shard) {
    std::vector<std::unique_ptr<Source>> sources;
    for (size_t index = 0; index < scripts_.size(); ++index) {
      ScriptedSource::Options source_options;
      source_options.batch_rows = options_.batch_rows;
      source_options.is_static = !options_.static_sources.empty() && options_.static_sources[index];
      size_t number = index;  // so that sources with one partition are not all on one shard
      for (const auto& [name, rows] : scripts_[index]->partitions) {
        if (number++ % options_.shard_count == shard.value()) source_options.partitions.push_back(name);
      }
      auto source = std::make_unique<ScriptedSource>(scripts_[index], source_options);
      for (const std::string& name : source_options.partitions) source->Release(name, released_[index][name]);
      sources_[index].push_back(source.get());
      sources.push_back(std::move(source));
    }
    NodeId output =
        BuildPlan(plan_, std::move(sources), shard, options_.shard_count, options.hash_seed, options_.wrap, builder);
    results_.push_back(std::make_unique<CollectedResult>());
    builder.AddOperator("result", std::make_unique<ResultCollector>(results_.back().get()), {output},
                        builder.SchemaOf(output));
    return std::vector<Committable*>{results_.back().get()};
  });
}

void PlanCluster::Start() { cluster_->Start(); }

void PlanCluster::ReleaseAll() {
  for (uint32_t source = 0; source < scripts_.size(); ++source) {
    for (const auto& [name, rows] : scripts_[source]->partitions) {
      Release(source, name, static_cast<int64_t>(rows.size()));
    }
  }
}

void PlanCluster::Release(uint32_t source, const std::string& partition, int64_t rows) {
  released_[source][partition] = rows;
  for (ScriptedSource* of_shard : sources_[source]) {
    const auto& names = of_shard->partitions();
    if (std::find(names.begin(), names.end(), partition) != names.end()) of_shard->Release(partition, rows);
  }
  cluster_->WakeAll();
}

int64_t PlanCluster::released(uint32_t source, const std::string& partition) const {
  auto it = released_[source].find(partition);
  return it == released_[source].end() ? 0 : it->second;
}

void PlanCluster::RequestCheckpoint() {
  // One at a time: the store is copied when all shards have committed it.
  if (checkpoint_requested_) return;
  checkpoint_requested_ = true;
  cluster_->conductor().RequestCheckpoint();
  cluster_->WakeAll();
}

void PlanCluster::NoteCheckpoint() {
  if (!checkpoint_requested_ || !consistent()) return;
  const Epoch last = store_.last_checkpoint();
  if (last == Epoch() || (checkpoint_ && last == checkpoint_->epoch) || committed_epoch() != last) return;
  checkpoint_requested_ = false;
  ++checkpoints_;
  checkpoint_ = Checkpoint{last, store_, Committed()};
}

void PlanCluster::Restart(Options options) {
  history_ = History();
  options_ = std::move(options);
  checkpoint_requested_ = false;
  SimulatedCluster::Options start;
  start.load_state = checkpoint_.has_value();
  start.load = true;
  start.from.resize(scripts_.size());
  store_ = checkpoint_ ? checkpoint_->store : InMemoryStateStore();
  base_ = checkpoint_ ? checkpoint_->output : ZSet();
  const Epoch from = checkpoint_ ? checkpoint_->epoch : Epoch();
  for (const CutRecord& record : history_) {
    if (record.epoch <= from) {
      for (size_t source = 0; source < record.positions.size(); ++source) {
        for (const auto& [name, position] : record.positions[source]) start.from[source][name] = position;
      }
    } else {
      start.replay.push_back(record);
    }
    if (!record.load) start.load = false;
    start.first_epoch = record.epoch.Next();
  }
  // Whether the load was over is known to whoever starts a group; here it is over once a later cut was journaled, or
  // the checkpoint was shown.
  if (checkpoint_) start.load = false;
  Build(start);
  Start();
}

std::vector<CutRecord> PlanCluster::History() const {
  std::vector<CutRecord> records = history_;
  const auto& more = cluster_->journal().records();
  records.insert(records.end(), more.begin(), more.end());
  return records;
}

Epoch PlanCluster::LowestEpoch() const {
  Epoch lowest = results_[0]->epoch;
  for (const auto& result : results_) lowest = std::min(lowest, result->epoch);
  return lowest;
}

bool PlanCluster::consistent() const {
  for (const auto& result : results_) {
    if (!result->shown || result->epoch != results_[0]->epoch) return false;
  }
  return true;
}

Epoch PlanCluster::committed_epoch() const { return LowestEpoch(); }

ZSet PlanCluster::Committed() const {
  ZSet rows = base_;
  for (const auto& result : results_) rows.Add(result->committed);
  return rows;
}

ZSet PlanCluster::LastChange() const {
  ZSet rows;
  for (const auto& result : results_) rows.Add(result->last_change);
  return rows;
}

std::vector<ZSet> PlanCluster::CommittedInput() const {
  SourcePositions positions(scripts_.size());
  for (const CutRecord& record : History()) {
    if (record.epoch > committed_epoch()) break;
    for (size_t source = 0; source < record.positions.size(); ++source) {
      for (const auto& [name, position] : record.positions[source]) positions[source][name] = position;
    }
  }
  std::vector<ZSet> inputs;
  for (size_t source = 0; source < scripts_.size(); ++source) {
    inputs.push_back(RowsUpTo(*scripts_[source], positions[source]));
  }
  return inputs;
}

}  // namespace freshet
