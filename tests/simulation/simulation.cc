#include "tests/simulation/simulation.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "tests/simulation/clients.h"
#include "tests/simulation/sink_readers.h"

namespace freshet {
namespace {

constexpr uint64_t kStormSteps = 6'000;
constexpr uint64_t kRestSteps = 400'000;
constexpr size_t kFailuresAtRest = 20;

class Simulation {
 public:
  Simulation(uint64_t seed, PlantedBug bug);

  SimulationResult Run();

 private:
  bool Chance(uint64_t one_in) { return world_.random() % one_in == 0; }
  uint64_t Below(uint64_t limit) { return world_.random() % limit; }

  void StartGroup(bool fragile);
  void StepOnce();
  void StepClients(bool more);
  void AddVisits();
  void Break();
  void Heal();
  void Storm();
  void Rest();
  bool AtRest();
  void CheckDeadLetters();
  void CheckSinks();

  SimulatedWorld world_;
  const v1::PhysicalPlan& plan_ = BankPlan();
  Witness witness_;
  bool fsync_ = true;
  std::unique_ptr<SimulatedPipeline> pipeline_;
  ClientContext context_;
  std::vector<std::unique_ptr<IngestClient>> writers_;
  std::vector<std::unique_ptr<PageReader>> readers_;
  std::vector<std::unique_ptr<ChangeFollower>> followers_;
  SimulationResult result_;
};

Simulation::Simulation(uint64_t seed, PlantedBug bug) : world_(seed) {
  world_.disk.syncs_nothing = bug == PlantedBug::kUnsyncedAcknowledgement;
  world_.doubles_replay = bug == PlantedBug::kDoubledReplay;
  for (const char* topic : {"balances", "owned"}) {
    auto made = std::make_unique<FakeTopic>(static_cast<uint32_t>(1 + Below(4)));
    made->later = true;
    made->late_rate = 0.5;
    world_.topics[topic] = std::move(made);
  }
  auto visits = std::make_shared<Script>();
  visits->schema = {{"account", {TypeKind::kBigint}}, {"pages", {TypeKind::kBigint}}};
  for (const char* file : {"visits/a", "visits/b", "visits/c"}) visits->partitions[file];
  world_.scripts["visits"] = std::move(visits);
  SimulatedPipeline::Options options;
  fsync_ = bug != PlantedBug::kNone || !Chance(5);
  options.fsync = fsync_;
  options.segment_bytes = 300 + Below(6000);
  options.change_retention_bytes = Chance(3) ? 2000 : 1 << 20;
  options.hasty_markers = bug == PlantedBug::kHastyMarker;
  pipeline_ = std::make_unique<SimulatedPipeline>(&world_, &plan_, options);
  context_ = {&world_, pipeline_.get(), &witness_, {}};
  for (int i = 0; i < 3; ++i) writers_.push_back(std::make_unique<IngestClient>(&context_));
  for (int i = 0; i < 2; ++i) readers_.push_back(std::make_unique<PageReader>(&context_));
  for (const char* view : {"balances", "owned", "active"}) {
    followers_.push_back(std::make_unique<ChangeFollower>(&context_, view));
  }
}

void Simulation::StartGroup(bool fragile) {
  const auto shards = static_cast<uint16_t>(1 + Below(4));
  // Half of the groups die at a step of the disk, the more often the sooner.
  pipeline_->Start(shards, [&] { return fragile && Chance(2 * shards) ? Below(60) : UINT64_MAX; });
  result_.generations = pipeline_->generation();
}

void Simulation::StepClients(bool more) {
  switch (Below(3)) {
    case 0:
      return writers_[Below(writers_.size())]->Step(more);
    case 1:
      return readers_[Below(readers_.size())]->Step();
    default:
      return followers_[Below(followers_.size())]->Step();
  }
}

void Simulation::AddVisits() {
  auto& partitions = world_.scripts.at("visits")->partitions;
  auto file = partitions.begin();
  std::advance(file, Below(partitions.size()));
  for (uint64_t rows = 1 + Below(20); rows > 0; --rows) {
    file->second.push_back(
        {{Datum::Int(static_cast<int64_t>(Below(60))), Datum::Int(static_cast<int64_t>(Below(9)))}, 1});
  }
  pipeline_->ReleaseScripts();
}

void Simulation::Break() {
  switch (Below(7)) {
    case 0:
      if (pipeline_->running()) pipeline_->KillShard(static_cast<uint16_t>(Below(pipeline_->shard_count())));
      break;
    case 1:
      pipeline_->Kill();
      break;
    case 2:
      if (!fsync_) break;  // what is not synced survives processes alone
      pipeline_->Kill();
      world_.disk.CrashMachine();
      world_.machine_run = StrCat(++result_.machine_crashes + 1);
      break;
    case 3:
      world_.disk.failure_rate = Chance(2) ? 0.3 : 0;
      break;
    case 4:
      world_.disk.full = Chance(2);
      break;
    case 5:
      for (auto& [name, topic] : world_.topics) topic->away = Chance(2);
      break;
    case 6:
      for (auto& [name, topic] : world_.topics) topic->failure_rate = Chance(2) ? 0.2 : 0;
      break;
  }
}

void Simulation::Heal() {
  world_.disk.failure_rate = 0;
  world_.disk.full = false;
  for (auto& [name, topic] : world_.topics) {
    topic->away = false;
    topic->failure_rate = 0;
  }
}

void Simulation::StepOnce() {
  ++result_.steps;
  if (!pipeline_->Step()) world_.clock.Advance(static_cast<int64_t>(Below(200'000)));
  if (pipeline_->broken() && Chance(20)) pipeline_->Kill();
}

void Simulation::Storm() {
  for (uint64_t step = 0; step < kStormSteps && witness_.problems().empty(); ++step) {
    StepOnce();
    if (!pipeline_->running() && Chance(10)) StartGroup(/*fragile=*/true);
    if (Chance(6)) StepClients(/*more=*/true);
    if (Chance(60)) AddVisits();
    if (Chance(150)) Break();
    if (Chance(400)) Heal();
    for (auto& [name, topic] : world_.topics) {
      if (Chance(30)) topic->DeliverLate();
    }
  }
}

// Everything that was taken is shown, written, and known to whoever asked.
bool Simulation::AtRest() {
  if (!pipeline_->serving() || pipeline_->broken()) return false;
  for (const auto& writer : writers_) {
    if (!writer->idle()) return false;
  }
  for (const auto& follower : followers_) {
    if (follower->epoch() < pipeline_->newest()) return false;
  }
  return true;
}

void Simulation::Rest() {
  Heal();
  for (auto& [name, topic] : world_.topics) {
    while (topic->DeliverLate()) {
    }
  }
  const size_t failures = pipeline_->failures().size();
  uint64_t quiet = 0;
  for (uint64_t step = 0; quiet < 400; ++step) {
    if (!witness_.problems().empty()) return;
    if (pipeline_->failures().size() > failures + kFailuresAtRest) {
      return witness_.Complain(StrCat("nothing is broken, and it fails: ", pipeline_->failures().back()));
    }
    if (step == kRestSteps) return witness_.Complain("it does not come to rest");
    ++result_.steps;
    const bool worked = pipeline_->Step();
    if (!worked) world_.clock.Advance(50'000);
    if (pipeline_->broken()) pipeline_->Kill();
    if (!pipeline_->running()) StartGroup(/*fragile=*/false);
    const bool at_rest = AtRest();
    if (!at_rest && Chance(4)) StepClients(/*more=*/false);
    quiet = !worked && at_rest ? quiet + 1 : 0;
  }
}

void Simulation::CheckDeadLetters() {
  std::vector<SimulatedPipeline::Question> questions;
  for (uint16_t shard = 0; shard < pipeline_->shard_count(); ++shard) {
    v1::ReadRequest request;
    request.mutable_dead_letters()->set_limit(10'000);
    questions.push_back({shard, std::move(request)});
  }
  uint64_t letters = 0;
  bool answered = false;
  pipeline_->Read(std::move(questions), [&](const auto* responses) {
    answered = true;
    std::set<std::string> cursors;
    for (const v1::ReadResponse& response : *responses) {
      for (const v1::DeadLetter& letter : response.dead_letters()) {
        ++letters;
        if (!cursors.insert(letter.cursor()).second) witness_.Complain("a dead letter is listed twice");
        if (!witness_.journaled().contains(letter.epoch())) {
          witness_.Complain(StrCat("a dead letter of epoch ", letter.epoch(), ", which is not in the journal"));
        }
      }
    }
  });
  while (!answered) pipeline_->Step();
  if (letters != witness_.rejected()) {
    witness_.Complain(StrCat(letters, " dead letters for ", witness_.rejected(), " bad records"));
  }
}

void Simulation::CheckSinks() {
  const Bank& bank = witness_.bank();
  std::vector<std::string> problems;
  const auto upserts = FoldUpserts(*world_.topics.at("balances"), witness_.journaled(), &problems);
  if (upserts != bank.Records()) problems.push_back("the upserts, folded, are not the view");
  const Content changes = FoldChanges(*world_.topics.at("owned"), witness_.journaled(), &problems);
  const Content owned = bank.ViewContent("owned");
  if (changes != owned) problems.push_back(StrCat("the changes, folded: ", Difference(changes, owned)));
  const Content lines = FoldLines(world_.disk.FilesUnder("/files/out"), witness_.journaled(), &problems);
  const Content balances = bank.ViewContent("balances");
  if (lines != balances) problems.push_back(StrCat("the lines of files, folded: ", Difference(lines, balances)));
  for (std::string& problem : problems) witness_.Complain(std::move(problem));
}

SimulationResult Simulation::Run() {
  Storm();
  Rest();
  if (witness_.problems().empty()) {
    witness_.CheckAgainstLog(world_, plan_, context_.requests);
  }
  if (witness_.problems().empty()) CheckDeadLetters();
  if (witness_.problems().empty()) CheckSinks();
  result_.problems = witness_.problems();
  result_.acknowledged = witness_.acknowledged();
  result_.contents_seen = witness_.contents_seen();
  result_.epochs = witness_.journaled().size();
  for (const auto& follower : followers_) result_.refetches += follower->refetches();
  return std::move(result_);
}

}  // namespace

SimulationResult Simulate(uint64_t seed, PlantedBug bug) { return Simulation(seed, bug).Run(); }

}  // namespace freshet
