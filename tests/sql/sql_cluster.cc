#include "tests/sql/sql_cluster.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/views/view_read.h"
#include "server/formats/api/table_shape.h"

namespace freshet {
namespace {

constexpr const char* kPartitions[] = {"p0", "p1", "p2"};

}  // namespace

SqlCluster::SqlCluster(const v1::PhysicalPlan& plan, Options options) : plan_(plan), options_(options) {
  for (const v1::PhysicalSource& source : plan_.sources()) {
    CHECK(!source.stamped()) << "tables with a primary key are not run here";
    auto script = std::make_shared<Script>();
    for (uint32_t column : source.columns()) {
      const v1::Column& declared = source.declaration().columns(static_cast<int>(column));
      script->schema.push_back({declared.name(), *EngineType(declared.type())});
    }
    for (const char* partition : kPartitions) script->partitions[partition];
    scripts_.push_back(std::move(script));
  }
  sources_.resize(scripts_.size());
  SimulatedCluster::Options cluster;
  cluster.shard_count = options.shard_count;
  cluster.seed = options.seed;
  cluster.hash_seed = plan_.hash_seed();
  cluster.code_frames = options.shard_count > 1;
  cluster_ =
      std::make_unique<SimulatedCluster>(cluster, std::function([this](ShardId shard) { return MakeShard(shard); }));
  cluster_->Start();
  cluster_->RunUntilIdle();
}

SimulatedCluster::BuiltShard SqlCluster::MakeShard(ShardId shard) {
  std::vector<std::unique_ptr<Source>> sources;
  for (size_t i = 0; i < scripts_.size(); ++i) {
    ScriptedSource::Options options;
    options.is_static = false;
    size_t number = i;
    for (const char* partition : kPartitions) {
      if (number++ % options_.shard_count == shard.value()) options.partitions.push_back(partition);
    }
    sources.push_back(std::make_unique<ScriptedSource>(scripts_[i], options));
    sources_[i].push_back(static_cast<ScriptedSource*>(sources.back().get()));
  }
  BuildOptions options;
  options.shard = shard;
  options.shard_count = options_.shard_count;
  absl::StatusOr<BuiltCircuit> built = BuildOperators(plan_, std::move(sources), options);
  CHECK(built.ok()) << built.status().ToString();
  SimulatedCluster::BuiltShard made;
  made.circuit = std::move(built->circuit);
  for (const auto& view : built->views) made.committables.push_back(view.get());
  circuits_.push_back(*std::move(built));
  return made;
}

void SqlCluster::Run(const std::vector<RowChange>& changes) {
  for (const RowChange& change : changes) {
    const char* partition = kPartitions[next_partition_++ % std::size(kPartitions)];
    for (size_t i = 0; i < scripts_.size(); ++i) {
      const v1::PhysicalSource& source = plan_.sources(static_cast<int>(i));
      if (source.table() != change.table) continue;
      Row row;
      for (uint32_t column : source.columns()) row.push_back(change.row[column]);
      scripts_[i]->partitions[partition].emplace_back(std::move(row), change.weight);
      for (ScriptedSource* of_shard : sources_[i]) {
        const auto& names = of_shard->partitions();
        if (std::find(names.begin(), names.end(), partition) == names.end()) continue;
        of_shard->Release(partition, static_cast<int64_t>(scripts_[i]->partitions[partition].size()));
      }
    }
  }
  cluster_->WakeAll();
  cluster_->RunUntilIdle();
}

std::vector<std::string> SqlCluster::Read(const std::string& view) {
  std::vector<std::string> rows;
  for (int i = 0; i < plan_.views_size(); ++i) {
    if (plan_.views(i).name() != view) continue;
    for (BuiltCircuit& circuit : circuits_) {
      ViewStore& store = *circuit.views[static_cast<size_t>(i)];
      ViewRead::Query query;
      query.epoch = store.committed();
      query.limit = 1'000'000;
      auto read = ViewRead::Start(store, std::move(query));
      CHECK(read.ok()) << read.status().ToString();
      while (!(*read)->Step()) {
      }
      DeltaBatch page = (*read)->TakePage().rows;
      for (const auto& [row, weight] : RowsOf(page)) {
        std::string line;
        for (size_t column = 0; column < row.size(); ++column) {
          std::string cell = FormatDatum(row[column], store.schema()[column].type);
          StrAppend(&line, column > 0 ? "\t" : "", cell.empty() ? "(empty)" : cell);
        }
        rows.insert(rows.end(), static_cast<size_t>(weight), line);
      }
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace freshet
