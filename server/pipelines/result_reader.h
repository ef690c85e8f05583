// Reads results over all shards of a pipeline, at one committed epoch.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "server/catalog/catalog.h"
#include "server/pipelines/page_merge.h"
#include "server/pipelines/page_token.h"
#include "server/pipelines/reader.h"
#include "server/supervisor/supervisor.h"

namespace freshet {

class ResultReader : public Reader {
 public:
  // Both outlive it. `seed`: the data directory's, for tokens.
  ResultReader(Catalog* catalog, Supervisor* supervisor, uint64_t seed)
      : catalog_(catalog), supervisor_(supervisor), seed_(seed) {}

  ReadId ReadRows(RowsQuery query, std::function<void(absl::StatusOr<RowsPage>)> done) override;
  ReadId ReadDeadLetters(DeadLettersQuery query, std::function<void(absl::StatusOr<DeadLettersPage>)> done) override;
  ReadId ReadErrors(std::string pipeline,
                    std::function<void(absl::StatusOr<std::vector<v1::ExpressionError>>)> done) override;
  void Cancel(ReadId id) override;

 private:
  struct RowsRead;
  using AskDone = std::function<void(absl::StatusOr<Group::ReadResult>)>;

  absl::StatusOr<std::shared_ptr<RowsRead>> Prepare(const RowsQuery& query) const;
  absl::StatusOr<RowsPage> Finish(const RowsRead& read, const Group::ReadResult& result) const;
  ReadId NextId();
  // Asks, and remembers for Cancel what is asked under `id`.
  void Ask(ReadId id, const std::string& uid, Group::Read read, AskDone done);

  Catalog* const catalog_;
  Supervisor* const supervisor_;
  const uint64_t seed_;
  std::mutex mutex_;
  ReadId last_id_ = 0;
  struct Asked {
    std::string uid;
    uint64_t read = 0;
  };
  std::map<ReadId, Asked> asked_;
};

}  // namespace freshet
