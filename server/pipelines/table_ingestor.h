// Sends ingest requests to the shards of their pipelines, and gives tokens for what they took.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/catalog/catalog.h"
#include "server/pipelines/ingestor.h"
#include "server/settings/settings.h"
#include "server/supervisor/supervisor.h"

namespace freshet {

class TableIngestor : public Ingestor {
 public:
  // All outlive it. `seed`: the data directory's, for tokens.
  TableIngestor(const Settings* settings, Catalog* catalog, Supervisor* supervisor, uint64_t seed)
      : settings_(settings), catalog_(catalog), supervisor_(supervisor), seed_(seed) {}

  // The server stops: rows are refused from now on. Any thread.
  void Drain() { draining_ = true; }

  void Ingest(IngestRows rows, std::function<void(absl::StatusOr<IngestedRows>)> done) override;

 private:
  const Settings* const settings_;
  Catalog* const catalog_;
  Supervisor* const supervisor_;
  const uint64_t seed_;
  std::atomic<bool> draining_ = false;
};

// The position that a token of this pipeline stands for. Errors: INVALID_TOKEN, PIPELINE_REPLACED.
absl::StatusOr<v1::IngestPosition> ReadIngestToken(std::string_view token, const std::string& pipeline_uid,
                                                   uint64_t seed);

// Names the tables of a new revision that are filled over HTTP: one that the revision before had by the same name keeps
// its uid, and with it what was sent to it.
void AssignTableUids(const v1::PhysicalPlan* before, uint64_t revision, v1::PhysicalPlan* plan);

}  // namespace freshet
