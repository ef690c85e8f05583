#include "tests/support/plan_history.h"

#include "absl/strings/str_cat.h"
#include "tests/support/naive_plan.h"
#include "tests/support/random_plan.h"

namespace freshet {
namespace {

class HistoryRun {
 public:
  HistoryRun(const Plan& plan, const HistoryOptions& options)
      : plan_(plan),
        options_(options),
        random_(options.seed),
        scripts_(RandomHistory(random_, plan, options.rows)),
        ends_(DrawEnds()),
        cluster_(options.mistaken == nullptr ? plan : *options.mistaken, scripts_, RandomOptions()) {}

  HistoryOutcome Run() {
    if (ends_ == Ends::kOneIsLoadedLast) cluster_.ReleaseAll();
    for (uint64_t source = 0; source < scripts_.size(); ++source) ReleaseSome();
    cluster_.Start();
    uint64_t restarts_left = options_.restarts ? 2 : 0;
    for (int event = 0; event < 60 && outcome_.difference.empty(); ++event) {
      const int64_t what = RandomBelow(random_, 10);
      if (what < 4) {
        ReleaseSome();
      } else if (what == 4 && cluster_.consistent()) {
        cluster_.RequestCheckpoint();
      } else if (what == 5 && restarts_left > 0 && event > 15) {
        --restarts_left;
        ++outcome_.restarts;
        cluster_.Restart(RandomOptions());
      }
      Steps(RandomBelow(random_, 400));
    }
    cluster_.ReleaseAll();
    Steps(INT64_MAX);
    if (outcome_.difference.empty() && cluster_.CommittedInput() != WholeInput()) {
      outcome_.difference = "the last epoch does not have all of the input";
    }
    outcome_.checkpoints = cluster_.checkpoints();
    return outcome_;
  }

 private:
  // Which sources end.
  enum class Ends : uint8_t { kNone, kSome, kOneIsLoadedLast };

  Ends DrawEnds() {
    const auto ends = std::vector{Ends::kNone, Ends::kNone, Ends::kSome, Ends::kOneIsLoadedLast}[random_() % 4];
    if (ends == Ends::kNone) return ends;
    for (size_t i = 0; i < scripts_.size(); ++i) {
      static_sources_.push_back(ends == Ends::kOneIsLoadedLast || RandomBelow(random_, 2) == 0);
    }
    if (ends == Ends::kOneIsLoadedLast) {
      load_last_.resize(scripts_.size());
      load_last_[random_() % scripts_.size()] = true;
    }
    return ends;
  }

  PlanCluster::Options RandomOptions() {
    static constexpr uint32_t kBatchSizes[] = {1, 3, 17, 2048};
    static constexpr size_t kBudgets[] = {1, 8, 64, 65536};
    PlanCluster::Options options;
    options.shard_count = options_.shard_count;
    // Vnodes move to another number of shards.
    if (outcome_.restarts > 0 && RandomBelow(random_, 2) == 0) {
      options.shard_count = static_cast<uint16_t>(1 + RandomBelow(random_, 4));
    }
    options.seed = random_();
    options.batch_rows = kBatchSizes[RandomBelow(random_, 4)];
    options.output_row_budget = kBudgets[RandomBelow(random_, 4)];
    options.credit_window_bytes = RandomBelow(random_, 2) == 0 ? 300 : 4 << 20;
    options.load_limits = {static_cast<uint64_t>(1 + RandomBelow(random_, 60)), 1 << 20};
    options.static_sources = static_sources_;
    options.load_last = load_last_;
    options.wrap = options_.wrap;
    return options;
  }

  void ReleaseSome() {
    const uint32_t source = static_cast<uint32_t>(RandomBelow(random_, static_cast<int64_t>(scripts_.size())));
    for (const auto& [name, rows] : scripts_[source]->partitions) {
      if (ends_ == Ends::kOneIsLoadedLast) return;  // all of it is there from the start
      const int64_t before = cluster_.released(source, name);
      const int64_t more = RandomBelow(random_, 3) == 0 ? 1 : RandomBelow(random_, 20);
      cluster_.Release(source, name, std::min<int64_t>(before + more, static_cast<int64_t>(rows.size())));
    }
  }

  void Steps(int64_t count) {
    for (int64_t i = 0; i < count && outcome_.difference.empty(); ++i) {
      if (!cluster_.StepOnce()) break;
      cluster_.NoteCheckpoint();
      if (cluster_.consistent() && cluster_.committed_epoch() != checked_) CheckEpoch();
    }
  }

  void CheckEpoch() {
    // Law 2: never backwards, also not after a restart.
    if (cluster_.committed_epoch() < checked_) outcome_.difference = "a reader's epoch went backwards";
    checked_ = cluster_.committed_epoch();
    ++outcome_.epochs_checked;
    const ZSet expected = ComputeNaively(plan_, cluster_.CommittedInput())[plan_.output];
    const ZSet actual = cluster_.Committed();
    if (actual == expected) return;
    ZSet difference = actual;
    difference.Add(expected, -1);
    outcome_.difference = absl::StrCat("epoch ", checked_.value(), ": what is too much (+) and missing (-):\n",
                                       difference.Format(plan_.nodes[plan_.output].schema));
  }

  std::vector<ZSet> WholeInput() const {
    std::vector<ZSet> inputs;
    for (const auto& script : scripts_) {
      ZSet rows;
      for (const auto& [name, list] : script->partitions) {
        for (const auto& [row, weight] : list) rows.Add(row, weight);
      }
      inputs.push_back(std::move(rows));
    }
    return inputs;
  }

  const Plan& plan_;
  const HistoryOptions& options_;
  HistoryOutcome outcome_;
  Random random_;
  std::vector<std::shared_ptr<Script>> scripts_;
  std::vector<bool> static_sources_;
  std::vector<bool> load_last_;
  const Ends ends_;
  PlanCluster cluster_;
  Epoch checked_;
};

}  // namespace

HistoryOutcome RunRandomHistory(const Plan& plan, const HistoryOptions& options) {
  return HistoryRun(plan, options).Run();
}

bool StaysSmall(const Plan& plan, const HistoryOptions& options) {
  Random random(options.seed);
  std::vector<std::shared_ptr<Script>> scripts = RandomHistory(random, plan, options.rows);
  // All that ever came, since more of it may be there in the middle than at the end.
  std::vector<ZSet> inputs;
  for (const auto& script : scripts) {
    ZSet rows;
    for (const auto& [name, list] : script->partitions) {
      for (size_t i = 0; i < list.size(); i += 2) rows.Add(list[i].first, 1);
    }
    inputs.push_back(std::move(rows));
  }
  Plan part = plan;
  while (part.nodes.size() > plan.source_count()) part.nodes.pop_back();
  std::vector<ZSet> relations = inputs;
  for (size_t i = plan.source_count(); i < plan.nodes.size(); ++i) {
    part.nodes.push_back(plan.nodes[i]);
    relations = ComputeNaively(part, inputs);
    int64_t rows = 0;
    for (const auto& [row, weight] : relations.back().rows()) rows += weight;
    if (rows > 3000) return false;
  }
  return true;
}

}  // namespace freshet
