#include "tests/support/simulated_cluster.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/columnar/batch_codec.h"

namespace freshet {

SimulatedCluster::BuiltShard SimulatedCluster::Build(const Options& options, const BuildShard& build, ShardId shard) {
  CircuitBuilder::Options circuit_options;
  circuit_options.shard = shard;
  circuit_options.shard_count = options.shard_count;
  circuit_options.hash_seed = options.hash_seed;
  circuit_options.output_row_budget = options.output_row_budget;
  circuit_options.own_window_bytes = options.credit_window_bytes;
  circuit_options.checked = true;
  CircuitBuilder builder(circuit_options);
  std::vector<Committable*> committables = build(builder, shard);
  return {builder.Build(), std::move(committables)};
}

SimulatedCluster::SimulatedCluster(Options options, const BuildShard& build, const SinksOfShard& sinks)
    : SimulatedCluster(options, [&](ShardId shard) { return Build(options, build, shard); }, sinks) {}

SimulatedCluster::SimulatedCluster(Options options, const std::function<BuiltShard(ShardId shard)>& make_shard,
                                   const SinksOfShard& sinks)
    : options_(std::move(options)),
      network_(options_.shard_count),
      random_(options_.seed),
      resting_(options_.shard_count) {
  for (uint16_t index = 0; index < options_.shard_count; ++index) {
    auto [circuit, committables] = make_shard(ShardId(index));
    if (options_.load_state) {
      absl::Status loaded = circuit->Load(*options_.store);
      CHECK(loaded.ok()) << loaded.ToString();
    }
    ShardLoop::Options loop_options;
    loop_options.limits = options_.limits;
    loop_options.load_limits = options_.load_limits;
    loop_options.load_last = options_.load_last;
    loop_options.credit_window_bytes = options_.credit_window_bytes;
    if (sinks) loop_options.sinks = sinks(ShardId(index));
    loop_options.slice_micros = 0;  // one thing at a time, so that anything may come between
    shards_.push_back(std::make_unique<ShardLoop>(loop_options, std::move(circuit), std::move(committables),
                                                  network_.link(ShardId(index)), &clock_, options_.store));
  }
  Conductor::Options conductor_options;
  conductor_options.first_epoch = options_.first_epoch;
  conductor_options.load = options_.load;
  if (!options_.replay.empty()) replay_ = std::make_unique<InMemoryReplay>(options_.replay);
  conductor_options.replay = replay_.get();
  conductor_options.on_difference = options_.on_difference;
  conductor_options.history = options_.history;
  conductor_options.cut_policy = options_.cut_policy;
  shards_[0]->Conduct(conductor_options, &journal_);
}

void SimulatedCluster::Start() {
  for (auto& shard : shards_) {
    absl::Status started = shard->Start(options_.from, !options_.replay.empty());
    CHECK(started.ok()) << started.ToString();
  }
}

void SimulatedCluster::WakeAll() {
  for (auto& shard : shards_) shard->OnSourceReady();
  std::fill(resting_.begin(), resting_.end(), false);
}

bool SimulatedCluster::StepOnce() {
  // A third of the steps delivers first, so that shards get far ahead of links and links of shards.
  if (random_() % 3 == 0 && DeliverOne()) return true;
  const size_t count = shards_.size();
  const size_t first = random_() % count;
  for (size_t i = 0; i < count; ++i) {
    size_t index = (first + i) % count;
    if (resting_[index]) continue;
    if (shards_[index]->Step()) return true;
    resting_[index] = true;
  }
  if (DeliverOne()) return true;
  std::optional<int64_t> wake = shards_[0]->NextWakeMicros();
  if (!wake || *wake <= clock_.MonotonicMicros()) return false;
  clock_.AdvanceTo(*wake);
  resting_[0] = false;
  return true;
}

void SimulatedCluster::RunUntilIdle() {
  for (uint64_t steps = 0; StepOnce(); ++steps) CHECK(steps < 100'000'000) << "works without end";
}

bool SimulatedCluster::DeliverOne() {
  const uint16_t count = options_.shard_count;
  const uint16_t pairs = count * count;
  const uint16_t first = static_cast<uint16_t>(random_() % pairs);
  for (uint16_t i = 0; i < pairs; ++i) {
    const uint16_t pair = (first + i) % pairs;
    const ShardId from(pair / count), to(pair % count);
    max_bytes_in_flight_ = std::max(max_bytes_in_flight_, network_.BytesOnLink(from, to));
    std::optional<Frame> frame = network_.Take(from, to);
    if (!frame) continue;
    RoundTrip(to, &*frame);
    resting_[to.value()] = false;
    ++frames_delivered_;
    shards_[to.value()]->OnFrame(from, std::move(*frame));
    return true;
  }
  return false;
}

void SimulatedCluster::RoundTrip(ShardId to, Frame* frame) {
  auto* data = std::get_if<DataFrame>(frame);
  if (data == nullptr || !options_.code_frames) return;
  std::vector<DataType> types;
  for (const Field& field : shards_[to.value()]->circuit().exchange_schema(data->exchange)) types.push_back(field.type);
  std::string bytes;
  EncodeBatch(data->batch, &bytes);
  absl::StatusOr<DeltaBatch> decoded = DecodeBatch(bytes, types);
  CHECK(decoded.ok()) << decoded.status().ToString();
  data->batch = *std::move(decoded);
}

}  // namespace freshet
