// Runs every case of this folder (README.md) under every configuration.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/plan_cluster.h"

namespace freshet {
namespace {

constexpr const char* kFolder = "tests/cases";

struct EpochText {
  int line = 0;
  std::map<std::string, std::string> rows;  // by source, and `out`
};

struct Case {
  Plan plan;
  EpochText start;
  std::vector<EpochText> epochs;
};

absl::StatusOr<Case> ParseCase(const std::string& text) {
  Case result;
  std::string plan_text, section;
  std::string* rows = nullptr;
  int number = 0;
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (std::string line : lines) {
    ++number;
    absl::StripAsciiWhitespace(&line);
    if (line.empty() || line[0] == '#') continue;
    if (absl::StartsWith(line, "--- ")) {
      section = line.substr(4);
      rows = nullptr;
      if (section == "start") result.start.line = number;
      if (section == "epoch") result.epochs.push_back({number, {}});
      if (section != "plan" && section != "start" && section != "epoch") {
        return absl::InvalidArgumentError(absl::StrCat("line ", number, ": no section ", section));
      }
    } else if (section == "plan") {
      absl::StrAppend(&plan_text, line, "\n");
    } else if (section.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, ": text before the first section"));
    } else if (line.back() == ':') {
      EpochText& epoch = section == "start" ? result.start : result.epochs.back();
      rows = &epoch.rows[line.substr(0, line.size() - 1)];
    } else if (rows == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, ": rows of what?"));
    } else {
      absl::StrAppend(rows, line, "\n");
    }
  }
  ASSIGN_OR_RETURN(result.plan, ParsePlan(plan_text));
  for (const EpochText& epoch : result.epochs) {
    for (const auto& [name, of_epoch] : epoch.rows) {
      bool known = name == "out";
      for (uint32_t i = 0; i < result.plan.source_count(); ++i) known |= result.plan.nodes[i].name == name;
      if (!known) return absl::InvalidArgumentError(absl::StrCat("line ", epoch.line, ": no source ", name));
    }
  }
  if (result.epochs.empty()) return absl::InvalidArgumentError("no epoch");
  return result;
}

struct Configuration {
  const char* name;
  std::vector<uint16_t> shard_counts;  // taken in turn at each restart
  bool tiny = false;                   // batches, outputs and windows of one row
  bool restart = false;                // after every epoch
};
const Configuration kConfigurations[] = {
    {"OneShard", {1}, false, false},           {"ThreeShards", {3}, false, false},
    {"TinyBatches", {1}, true, false},         {"ThreeShardsTinyBatches", {3}, true, false},
    {"RestartEveryEpoch", {1}, false, true},   {"ThreeShardsRestart", {3}, false, true},
    {"ChangingShards", {1, 3, 2}, true, true},
};

class CaseRun {
 public:
  CaseRun(const Case& a_case, const Configuration& configuration, uint64_t seed)
      : case_(a_case), configuration_(configuration), seed_(seed) {
    for (uint32_t i = 0; i < case_.plan.source_count(); ++i) {
      auto script = std::make_shared<Script>();
      script->schema = case_.plan.nodes[i].schema;
      for (const char* partition : {"p0", "p1", "p2"}) script->partitions[partition];
      scripts_.push_back(std::move(script));
    }
    cluster_ = std::make_unique<PlanCluster>(case_.plan, scripts_, NextOptions());
  }

  void Run() {
    cluster_->Start();
    RunUntilIdle();
    Expect(case_.start);
    for (const EpochText& epoch : case_.epochs) {
      if (configuration_.restart) cluster_->RequestCheckpoint();
      Append(epoch);
      cluster_->ReleaseAll();
      RunUntilIdle();
      Expect(epoch);
      if (testing::Test::HasFatalFailure()) return;
      if (!configuration_.restart) continue;
      ASSERT_EQ(cluster_->checkpoints(), ++checkpoints_);
      cluster_->Restart(NextOptions());
      RunUntilIdle();
      Expect({epoch.line, {}});
    }
  }

 private:
  PlanCluster::Options NextOptions() {
    PlanCluster::Options options;
    options.shard_count = configuration_.shard_counts[starts_++ % configuration_.shard_counts.size()];
    options.seed = seed_ + starts_;
    if (configuration_.tiny) {
      options.batch_rows = 1;
      options.output_row_budget = 1;
      options.credit_window_bytes = 1;
    }
    return options;
  }

  void RunUntilIdle() {
    while (cluster_->StepOnce()) cluster_->NoteCheckpoint();
  }

  void Append(const EpochText& epoch) {
    for (uint32_t i = 0; i < scripts_.size(); ++i) {
      auto rows = epoch.rows.find(case_.plan.nodes[i].name);
      if (rows == epoch.rows.end()) continue;
      absl::StatusOr<DeltaBatch> batch = ParseBatch(rows->second, scripts_[i]->schema);
      ASSERT_TRUE(batch.ok()) << "epoch of line " << epoch.line << ": " << batch.status();
      uint32_t next = 0;
      for (auto& row : RowsOf(*batch)) {
        scripts_[i]->partitions[absl::StrCat("p", next++ % 3)].push_back(std::move(row));
      }
    }
  }

  void Expect(const EpochText& epoch) {
    ASSERT_TRUE(cluster_->consistent()) << "epoch of line " << epoch.line;
    const Schema& schema = case_.plan.nodes[case_.plan.output].schema;
    ZSet expected;
    if (auto out = epoch.rows.find("out"); out != epoch.rows.end()) {
      absl::StatusOr<DeltaBatch> batch = ParseBatch(out->second, schema);
      ASSERT_TRUE(batch.ok()) << "epoch of line " << epoch.line << ": " << batch.status();
      expected.Add(*batch);
    }
    const ZSet now = cluster_->Committed();
    ZSet change = now;
    change.Add(before_, -1);
    before_ = now;
    ASSERT_EQ(change.Format(schema), expected.Format(schema)) << "epoch of line " << epoch.line;
  }

  const Case& case_;
  const Configuration& configuration_;
  const uint64_t seed_;
  size_t starts_ = 0;
  uint64_t checkpoints_ = 0;
  std::vector<std::shared_ptr<Script>> scripts_;
  std::unique_ptr<PlanCluster> cluster_;
  ZSet before_;
};

std::vector<std::string> CaseNames() {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder, error)) {
    if (entry.path().extension() == ".test") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<Case> ReadCase(const std::string& name) {
  std::ifstream file(absl::StrCat(kFolder, "/", name, ".test"));
  std::stringstream text;
  text << file.rdbuf();
  return ParseCase(text.str());
}

class Cases : public testing::TestWithParam<std::string> {};

TEST_P(Cases, GiveTheSameChangesInEveryConfiguration) {
  absl::StatusOr<Case> a_case = ReadCase(GetParam());
  ASSERT_TRUE(a_case.ok()) << GetParam() << ".test: " << a_case.status();
  for (const Configuration& configuration : kConfigurations) {
    for (uint64_t seed : {100, 200, 300}) {
      SCOPED_TRACE(absl::StrCat(GetParam(), ".test, ", configuration.name, ", seed ", seed));
      CaseRun(*a_case, configuration, seed).Run();
      if (HasFatalFailure()) return;
    }
  }
}

// Discovered where the test runs: at the root of the tree.
INSTANTIATE_TEST_SUITE_P(Files, Cases, testing::ValuesIn(CaseNames()),
                         [](const testing::TestParamInfo<std::string>& info) { return info.param; });

TEST(CaseFolder, IsFound) { EXPECT_GE(CaseNames().size(), 10u) << "run this from the root of the tree"; }

TEST(CaseFile, SaysWhatIsWrong) {
  const auto problem = [](const std::string& text) { return std::string(ParseCase(text).status().message()); };
  EXPECT_EQ(problem("hello"), "line 1: text before the first section");
  EXPECT_EQ(problem("--- plans\n"), "line 1: no section plans");
  EXPECT_EQ(problem("--- plan\nsource a (x bigint)\n--- epoch\n+1 | 2\n"), "line 4: rows of what?");
  EXPECT_EQ(problem("--- plan\nsource a (x bigint)\n"), "the plan has no line `output <relation>`");
  EXPECT_EQ(problem("--- plan\nsource a (x bigint)\noutput a\n--- epoch\nb:\n"), "line 4: no source b");
  EXPECT_EQ(problem("--- plan\nsource a (x bignum)\noutput a\n"), "no type bignum in: source a (x bignum)");
  EXPECT_EQ(problem("--- plan\nsource a (x bigint)\nb = filter a where y = 1\noutput b\n"),
            "y is neither a column nor a value in: b = filter a where y = 1");
  EXPECT_EQ(problem("--- plan\nsource a (x bigint)\nb = sort a\noutput b\n"), "no operator sort in: b = sort a");
}

}  // namespace
}  // namespace freshet
