#include "server/shard/build_operators.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "engine/columnar/text_form.h"
#include "engine/views/view_read.h"
#include "server/planner/compile.h"

namespace freshet {
namespace {

// Never gives anything: the tests push rows themselves.
class SilentSource : public Source {
 public:
  absl::Status Open(const Positions&, const std::optional<Positions>&) override { return absl::OkStatus(); }
  void Continue(const std::optional<Positions>&) override {}
  WaitingInput Waiting() const override { return {}; }
  std::optional<DeltaBatch> Take() override { return std::nullopt; }
  Positions TakePositions() override { return {}; }
  SourceProgress Progress() const override { return {}; }
  absl::Status Health() const override { return absl::OkStatus(); }
};

v1::PhysicalPlan PlanOf(const std::string& text) {
  v1::Definition definition;
  definition.add_files()->set_text(text);
  CompileResult result = Compile(definition, {"/srv/data", 7});
  EXPECT_TRUE(result.ok()) << (result.problems.empty() ? "" : result.problems[0].message());
  return result.physical;
}

std::vector<std::unique_ptr<Source>> SourcesOf(const v1::PhysicalPlan& plan) {
  std::vector<std::unique_ptr<Source>> sources;
  for (int i = 0; i < plan.sources_size(); ++i) sources.push_back(std::make_unique<SilentSource>());
  return sources;
}

constexpr char kDefinition[] = R"yaml(
tables:
  sales:
    columns: [{name: shop, type: text}, {name: amount, type: bigint}, {name: parts, type: bigint}]
    sources: [{connector: files, path: sales.csv, format: csv}]
  shops:
    columns: [{name: shop, type: text}, {name: city, type: text}]
    primary_key: [shop]
    sources: [{connector: files, path: shops.csv, format: csv}]
views:
  joined:
    join: {left: sales, right: shops, kind: left, condition: "sales.shop = shops.shop and shops.city <> 'Rome'"}
  by_city:
    materialized: true
    key: [city]
    aggregate:
      input: {filter: {input: joined, condition: "amount / parts > 0"}}
      keys: {city: "coalesce(city, 'nowhere')"
}
      values: {n: "count(*)", total: "sum(amount)", mean: "sum(amount) / count(*)"}
)yaml";

class BuildOperatorsTest : public testing::Test {
 protected:
  void Build(const std::string& text) {
    plan_ = PlanOf(text);
    absl::StatusOr<BuiltCircuit> built = BuildOperators(plan_, SourcesOf(plan_), {});
    ASSERT_TRUE(built.ok()) << built.status();
    built_ = *std::move(built);
  }

  // Runs one epoch with rows by source number.
  void Run(uint64_t epoch, const std::map<uint32_t, std::string>& rows) {
    built_.circuit->OpenEpoch({Epoch(epoch), 0});
    for (const auto& [source, text] : rows) {
      Schema schema;
      for (const v1::PhysicalNode& node : plan_.nodes()) {
        if (node.has_source() && node.source().source() == source) {
          for (const v1::Field& field : node.schema()) {
            schema.push_back(
                {field.name(), DataType{field.type().kind() == v1::TEXT ? TypeKind::kText : TypeKind::kBigint}});
          }
        }
      }
      absl::StatusOr<DeltaBatch> batch = ParseBatch(text, schema);
      ASSERT_TRUE(batch.ok()) << batch.status();
      built_.circuit->PushSource(SourceId(source), *batch);
    }
    built_.circuit->EndSources();
    while (!built_.circuit->sealed()) ASSERT_TRUE(built_.circuit->RunOne());
    Commitment commitment;
    commitment.epoch = Epoch(epoch);
    commitment.load_complete = true;
    for (const auto& view : built_.views) view->Commit(commitment);
  }

  std::string Read(size_t view) {
    ViewRead::Query query;
    query.epoch = built_.views[view]->committed();
    for (uint32_t i = 0; i < built_.views[view]->schema().size(); ++i)
      query.order.push_back({ColumnIndex(i), false, false});
    auto read = ViewRead::Start(*built_.views[view], std::move(query));
    EXPECT_TRUE(read.ok()) << read.status();
    while (!(*read)->Step()) {
    }
    return FormatBatch((*read)->TakePage().rows);
  }

  uint32_t SourceOf(const std::string& table) const {
    for (int i = 0; i < plan_.sources_size(); ++i) {
      if (plan_.sources(i).table() == table) return static_cast<uint32_t>(i);
    }
    return 99;
  }

  v1::PhysicalPlan plan_;
  BuiltCircuit built_;
};

TEST_F(BuildOperatorsTest, RunsACompiledDefinition) {
  Build(kDefinition);
  Run(1, {{SourceOf("sales"), "+1 | a | 10 | 1\n+1 | b | 5 | 1\n+1 | a | 2 | 1\n+1 | c | 1 | 0"},
          {SourceOf("shops"), "+1 | a | Oslo | 1 | f | 0\n+1 | b | Rome | 1 | f | 1"}});
  EXPECT_EQ(Read(0), "+1 | Oslo | 2 | 12 | 6.0000000000000000\n+1 | nowhere | 1 | 5 | 5.0000000000000000\n");
  // The row whose condition divides by zero is counted, with a sample.
  std::vector<v1::ExpressionError> errors = built_.errors->List();
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].code(), "DIVISION_BY_ZERO");
  EXPECT_EQ(errors[0].count(), 1);
  EXPECT_NE(errors[0].sample().find("\"parts\":\"0\""), std::string::npos) << errors[0].sample();
  // A newer row of a key replaces it.
  Run(2, {{SourceOf("shops"), "+1 | b | Bonn | 2 | f | 2"}});
  EXPECT_EQ(Read(0), "+1 | Bonn | 1 | 5 | 5.0000000000000000\n+1 | Oslo | 2 | 12 | 6.0000000000000000\n");
}

TEST_F(BuildOperatorsTest, BuildsEveryNodeOnEveryShard) {
  std::ifstream in("tests/server/planner/testdata/every_node.yaml");
  std::stringstream text;
  text << in.rdbuf();
  v1::PhysicalPlan plan = PlanOf(text.str());
  for (uint16_t shard = 0; shard < 4; ++shard) {
    BuildOptions options;
    options.shard = ShardId(shard);
    options.shard_count = 4;
    absl::StatusOr<BuiltCircuit> built = BuildOperators(plan, SourcesOf(plan), options);
    ASSERT_TRUE(built.ok()) << built.status();
    EXPECT_EQ(built->views.size(), static_cast<size_t>(plan.views_size()));
  }
}

TEST_F(BuildOperatorsTest, RefusesPlansThatNoPlannerMakes) {
  v1::PhysicalPlan good = PlanOf(kDefinition);
  auto refused = [&](auto change) {
    v1::PhysicalPlan plan = good;
    change(plan);
    return !BuildOperators(plan, SourcesOf(plan), {}).ok();
  };
  EXPECT_FALSE(refused([](v1::PhysicalPlan&) {}));
  for (int i = 0; i < good.nodes_size(); ++i) {
    EXPECT_TRUE(refused([&](v1::PhysicalPlan& plan) { plan.mutable_nodes(i)->add_inputs(1000); })) << i;
    EXPECT_TRUE(refused([&](v1::PhysicalPlan& plan) { plan.mutable_nodes(i)->clear_operator(); })) << i;
    EXPECT_TRUE(refused([&](v1::PhysicalPlan& plan) {
      v1::PhysicalNode* node = plan.mutable_nodes(i);
      if (node->has_aggregate())
        node->mutable_aggregate()->add_key(77);
      else if (node->has_join())
        node->mutable_join()->add_left_key(77);
      else if (node->has_exchange())
        node->mutable_exchange()->add_key(77);
      else
        node->mutable_schema(0)->mutable_type()->set_kind(v1::ARRAY);
    })) << i;
  }
}

}  // namespace
}  // namespace freshet
