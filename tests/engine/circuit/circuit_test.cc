#include "engine/circuit/circuit.h"

#include <gtest/gtest.h>

#include "engine/base/key_hash.h"
#include "engine/circuit/circuit_builder.h"
#include "engine/columnar/key_columns.h"
#include "tests/support/result_collector.h"
#include "tests/support/scripted_source.h"

namespace freshet {
namespace {

const Schema kSchema{{"x", {TypeKind::kBigint}}};

DeltaBatch Numbers(std::vector<int64_t> values) {
  std::vector<std::pair<Row, int64_t>> rows;
  for (int64_t value : values) rows.push_back({{Datum::Int(value)}, 1});
  return BatchOf(rows, kSchema);
}

std::unique_ptr<Source> EmptySource() {
  auto script = std::make_shared<Script>();
  script->schema = kSchema;
  return std::make_unique<ScriptedSource>(script, ScriptedSource::Options());
}

// Writes down its calls; passes rows on, each row `copies` times one batch at a time.
class Recorder : public Operator {
 public:
  Recorder(std::string name, std::vector<std::string>* log, int copies = 1, bool without_input = false)
      : name_(std::move(name)), log_(log), copies_(copies), without_input_(without_input) {}

  Progress Push(PortIndex, const DeltaBatch& batch, Output& out) override {
    log_->push_back(name_ + " push");
    batch_ = batch;
    left_ = copies_;
    return Go(out);
  }
  Progress Seal(const SealContext& context, Output& out) override {
    log_->push_back(name_ + " seal " + std::to_string(context.epoch.value()));
    if (without_input_) out.Emit(Numbers({0}));
    return Progress::kDone;
  }
  Progress Resume(Output& out) override {
    log_->push_back(name_ + " resume");
    return Go(out);
  }
  bool SealsWithoutInput() const override { return without_input_; }

 private:
  Progress Go(Output& out) {
    while (left_ > 0) {
      if (out.full()) return Progress::kMore;
      out.Emit(batch_);
      --left_;
    }
    return Progress::kDone;
  }

  const std::string name_;
  std::vector<std::string>* const log_;
  const int copies_;
  const bool without_input_;
  DeltaBatch batch_;
  int left_ = 0;
};

class FakeChannel : public ExchangeChannel {
 public:
  void Send(ExchangeId exchange, ShardId to, DeltaBatch batch) override {
    sent[{exchange.value(), to.value()}].Add(batch);
    last = std::move(batch);
  }
  bool HasCredit(ExchangeId) const override { return credit; }
  void Taken(ExchangeId, ShardId, size_t bytes) override { taken += bytes; }
  void EndStage(StageId stage) override { ended.push_back(stage.value()); }

  std::map<std::pair<uint32_t, uint16_t>, ZSet> sent;
  DeltaBatch last;
  bool credit = true;
  size_t taken = 0;
  std::vector<uint32_t> ended;
};

void RunAll(Circuit& circuit) {
  while (circuit.RunOne()) {
  }
}

CircuitBuilder::Options Checked(uint16_t shard_count = 1) {
  CircuitBuilder::Options options;
  options.shard_count = shard_count;
  options.checked = true;
  return options;
}

TEST(Circuit, RunsTheDeepestFirstAndSealsInOrder) {
  std::vector<std::string> log;
  CircuitBuilder::Options options = Checked();
  options.output_row_budget = 1;
  CircuitBuilder builder(options);
  NodeId source = builder.AddSource("s", EmptySource(), kSchema);
  NodeId a = builder.AddOperator("a", std::make_unique<Recorder>("a", &log, 2), {source}, kSchema);
  builder.AddOperator("b", std::make_unique<Recorder>("b", &log), {a}, kSchema);
  std::unique_ptr<Circuit> circuit = builder.Build();
  circuit->OpenEpoch({Epoch(3)});
  circuit->PushSource(SourceId(0), Numbers({1}));
  RunAll(*circuit);
  EXPECT_FALSE(circuit->sealed());
  circuit->EndSources();
  RunAll(*circuit);
  EXPECT_TRUE(circuit->sealed());
  // b takes the first copy before a is resumed for the second.
  EXPECT_EQ(log, (std::vector<std::string>{"a push", "b push", "a resume", "b push", "a seal 3", "b seal 3"}));
}

TEST(Circuit, OnlyTouchedOperatorsAreSealed) {
  std::vector<std::string> log;
  CircuitBuilder builder(Checked());
  NodeId first = builder.AddSource("s", EmptySource(), kSchema);
  NodeId second = builder.AddSource("t", EmptySource(), kSchema);
  builder.AddOperator("a", std::make_unique<Recorder>("a", &log), {first}, kSchema);
  builder.AddOperator("b", std::make_unique<Recorder>("b", &log), {second}, kSchema);
  NodeId global = builder.AddOperator("g", std::make_unique<Recorder>("g", &log, 1, true), {second}, kSchema);
  builder.AddOperator("h", std::make_unique<Recorder>("h", &log), {global}, kSchema);
  std::unique_ptr<Circuit> circuit = builder.Build();
  circuit->OpenEpoch({Epoch(1)});
  circuit->PushSource(SourceId(0), Numbers({1}));
  circuit->EndSources();
  RunAll(*circuit);
  EXPECT_EQ(log, (std::vector<std::string>{"a push", "a seal 1", "g seal 1", "h push", "h seal 1"}))
      << "g owes a row in the first epoch";
  log.clear();
  circuit->OpenEpoch({Epoch(2)});
  circuit->EndSources();
  RunAll(*circuit);
  EXPECT_TRUE(circuit->sealed());
  EXPECT_TRUE(log.empty());
  std::vector<NodeStatus> statuses = circuit->Statuses();
  EXPECT_EQ(statuses[2].name, "a");
  EXPECT_EQ(statuses[2].statistics.rows_in, 1u);
  EXPECT_EQ(statuses[2].statistics.rows_out, 1u);
  EXPECT_EQ(statuses[2].statistics.seals, 1u);
}

class TwoShards : public testing::Test {
 protected:
  void Build(Distribution distribution, KeyColumns key) {
    CircuitBuilder builder(Checked(2));
    NodeId source = builder.AddSource("s", EmptySource(), kSchema);
    NodeId a = builder.AddOperator("a", std::make_unique<Recorder>("a", &log_), {source}, kSchema);
    NodeId x = builder.AddExchange("x", a, distribution, std::move(key));
    NodeId b = builder.AddOperator("b", std::make_unique<Recorder>("b", &log_), {x}, kSchema);
    builder.AddOperator("result", std::make_unique<ResultCollector>(&result_), {b}, kSchema);
    circuit_ = builder.Build();
    circuit_->Attach(&channel_);
  }

  std::vector<std::string> log_;
  CollectedResult result_;
  FakeChannel channel_;
  std::unique_ptr<Circuit> circuit_;
};

TEST_F(TwoShards, StagesAndMarkers) {
  Build(Distribution::kHash, {ColumnIndex(0)});
  EXPECT_EQ(circuit_->stage_count(), 2u);
  EXPECT_EQ(circuit_->exchange_starts_in(ExchangeId(0)), StageId(0));
  circuit_->OpenEpoch({Epoch(1)});
  circuit_->EndSources();
  RunAll(*circuit_);
  EXPECT_EQ(channel_.ended, std::vector<uint32_t>{0});
  EXPECT_FALSE(circuit_->sealed()) << "the peer may still send";
  circuit_->Receive(ExchangeId(0), ShardId(1), Numbers({5}), 77);
  RunAll(*circuit_);
  EXPECT_EQ(channel_.taken, 77u);
  EXPECT_EQ(log_, std::vector<std::string>{"b push"});
  circuit_->OnPeersSealed(StageId(0));
  RunAll(*circuit_);
  EXPECT_TRUE(circuit_->sealed());
  EXPECT_EQ(channel_.ended, std::vector<uint32_t>{0}) << "nothing starts in the last stage";
}

TEST_F(TwoShards, HashSendsEachRowToItsOwner) {
  Build(Distribution::kHash, {ColumnIndex(0)});
  circuit_->OpenEpoch({Epoch(1)});
  std::vector<int64_t> values;
  for (int64_t i = 0; i < 100; ++i) values.push_back(i);
  circuit_->PushSource(SourceId(0), Numbers(values));
  circuit_->EndSources();
  RunAll(*circuit_);
  EXPECT_NE(channel_.last.HashesFor(KeyColumns{ColumnIndex(0)}), nullptr) << "the hash is computed once";
  const ZSet& there = channel_.sent[{0, 1}];
  ZSet all = result_.pending;
  all.Add(there);
  ZSet expected;
  expected.Add(Numbers(values));
  EXPECT_EQ(all, expected);
  EXPECT_GT(there.rows().size(), 20u);
  EXPECT_GT(result_.pending.rows().size(), 20u);
  for (const auto& [row, weight] : there.rows()) {
    BufferRef hash = HashKeys(Numbers({row[0].int_value()}), KeyColumns{ColumnIndex(0)}, 0);
    EXPECT_EQ(OwnerOf(VnodeOf(hash.as<uint64_t>()[0]), 2), ShardId(1));
  }
}

TEST_F(TwoShards, BroadcastGoesEverywhereAndGatherToOne) {
  Build(Distribution::kBroadcast, {});
  circuit_->OpenEpoch({Epoch(1)});
  circuit_->PushSource(SourceId(0), Numbers({1, 2}));
  circuit_->EndSources();
  RunAll(*circuit_);
  EXPECT_EQ((channel_.sent[{0, 1}]), result_.pending);
  EXPECT_EQ(result_.pending.rows().size(), 2u);

  channel_.sent.clear();
  result_ = CollectedResult();
  Build(Distribution::kGather, {});
  circuit_->OpenEpoch({Epoch(1)});
  circuit_->PushSource(SourceId(0), Numbers({1, 2, 3}));
  circuit_->EndSources();
  RunAll(*circuit_);
  EXPECT_EQ((channel_.sent[{0, 1}].rows().size() + result_.pending.rows().size()), 3u);
  EXPECT_TRUE((channel_.sent[{0, 1}].empty()) || result_.pending.empty());
}

TEST_F(TwoShards, WithoutCreditOnlyWhatSendsNothingRuns) {
  Build(Distribution::kHash, {ColumnIndex(0)});
  channel_.credit = false;
  circuit_->OpenEpoch({Epoch(1)});
  EXPECT_FALSE(circuit_->CanTake(SourceId(0)));
  circuit_->PushSource(SourceId(0), Numbers({1, 2}));
  circuit_->Receive(ExchangeId(0), ShardId(1), Numbers({5}), 8);
  circuit_->EndSources();
  RunAll(*circuit_);
  EXPECT_EQ(log_, std::vector<std::string>{"b push"});
  channel_.credit = true;
  circuit_->OnCredit();
  RunAll(*circuit_);
  EXPECT_EQ(log_[1], "a push");
  EXPECT_EQ(channel_.ended, std::vector<uint32_t>{0});
}

TEST_F(TwoShards, RowsAfterTheirSealAreABug) {
  Build(Distribution::kHash, {ColumnIndex(0)});
  circuit_->OpenEpoch({Epoch(1)});
  circuit_->EndSources();
  circuit_->OnPeersSealed(StageId(0));
  RunAll(*circuit_);
  ASSERT_TRUE(circuit_->sealed());
  EXPECT_DEATH(circuit_->Receive(ExchangeId(0), ShardId(1), Numbers({5}), 8), "after its stage was sealed");
  EXPECT_DEATH(circuit_->PushSource(SourceId(0), Numbers({5})), "outside of an epoch");
  EXPECT_DEATH(circuit_->OpenEpoch({Epoch(1)}), "CHECK failed");
}

TEST(OwnerOf, ContiguousRangesOfEqualSize) {
  for (uint16_t shards : {1, 2, 3, 7, 64}) {
    std::vector<uint32_t> owned(shards);
    ShardId before(0);
    for (uint16_t vnode = 0; vnode < kVnodeCount; ++vnode) {
      ShardId owner = OwnerOf(VnodeId(vnode), shards);
      EXPECT_LE(before, owner);
      before = owner;
      ++owned[owner.value()];
    }
    for (uint32_t count : owned) EXPECT_NEAR(count, static_cast<double>(kVnodeCount) / shards, 1);
  }
}

// What the checks find in an operator that breaks its contract.
class Breaker : public Operator {
 public:
  explicit Breaker(std::function<Progress(const DeltaBatch&, Output&)> push) : push_(std::move(push)) {}
  Progress Push(PortIndex, const DeltaBatch& batch, Output& out) override { return push_(batch, out); }

 private:
  std::function<Progress(const DeltaBatch&, Output&)> push_;
};

void RunBroken(std::function<Progress(const DeltaBatch&, Output&)> push) {
  CircuitBuilder::Options options = Checked();
  options.output_row_budget = 10;
  CircuitBuilder builder(options);
  NodeId source = builder.AddSource("s", EmptySource(), kSchema);
  builder.AddOperator("broken", std::make_unique<Breaker>(std::move(push)), {source}, kSchema);
  std::unique_ptr<Circuit> circuit = builder.Build();
  circuit->OpenEpoch({Epoch(1)});
  circuit->PushSource(SourceId(0), Numbers({1}));
  RunAll(*circuit);
}

TEST(CheckingOperatorDeathTest, FindsBrokenContracts) {
  EXPECT_DEATH(RunBroken([](const DeltaBatch&, Output&) { return Progress::kMore; }), "broken: answered kMore");
  EXPECT_DEATH(RunBroken([](const DeltaBatch& batch, Output& out) {
                 for (int i = 0; i < 5000; ++i) out.Emit(batch);
                 return Progress::kDone;
               }),
               "broken: emitted on and on");
  EXPECT_DEATH(RunBroken([](const DeltaBatch&, Output& out) {
                 out.Emit(BatchOf({{{Datum::Text("a")}, 1}}, {{"x", {TypeKind::kText}}}));
                 return Progress::kDone;
               }),
               "column x is text, not bigint");
  EXPECT_DEATH(RunBroken([](const DeltaBatch& batch, Output& out) {
                 DeltaBatch odd = batch;
                 odd.set_paired(true);
                 out.Emit(odd);
                 return Progress::kDone;
               }),
               "half a pair");
}

}  // namespace
}  // namespace freshet
