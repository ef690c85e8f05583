// Keeps the pipelines on disk: entries, revisions, generations, blocks of epochs, source extents, whether a load was
// complete.
//
// {catalog}/{uid}/entry, revision-{n}, extents-{n}, positions: small files, each replaced as a whole. An entry names
// its revision, which is written before it; a folder is renamed to its uid once it is complete, and away from it to
// delete it. So whatever a crash leaves is either the state before a call or the state after it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "freshet/v1/catalog.pb.h"
#include "server/catalog/small_file.h"

namespace freshet {

// What is known of one pipeline.
struct CatalogPipeline {
  v1::CatalogEntry entry;
  std::shared_ptr<const v1::CatalogRevision> revision;
  std::shared_ptr<const v1::SourceExtents> extents;       // nullptr: not resolved yet
  std::shared_ptr<const v1::CatalogPositions> positions;  // nullptr: nothing was committed under these extents
};

// What a start of a group may use.
struct ReservedStart {
  uint64_t generation = 0;
  uint64_t first_epoch = 0;
  uint64_t end_epoch = 0;  // not part of it
};

// Thread-safe. A call that returns OK is durable. Calls take some milliseconds of disk.
class Catalog {
 public:
  static constexpr uint64_t kEpochBlock = 1'000'000;
  // Older revisions are removed from the disk.
  static constexpr uint64_t kRevisionsKept = 10;

  // Reads everything; finishes what a crash left half done. Error: DATA_LOSS names the damaged file.
  static absl::StatusOr<std::unique_ptr<Catalog>> Open(std::string folder, SmallFiles files = SmallFiles());

  // By id; ordered.
  std::vector<CatalogPipeline> List() const;
  std::optional<CatalogPipeline> Find(const std::string& id) const;
  std::optional<CatalogPipeline> FindUid(const std::string& uid) const;

  // `revision`: number, definition, plan, physical plan. Errors: ALREADY_EXISTS, what the disk says.
  absl::StatusOr<CatalogPipeline> Create(const std::string& id, v1::Pipeline::DesiredState desired,
                                         v1::CatalogRevision revision, int64_t now_micros);
  // Makes the next revision current. With `keep_extents` it reads its sources from where the one before does.
  absl::StatusOr<CatalogPipeline> AddRevision(const std::string& uid, v1::CatalogRevision revision, bool keep_extents,
                                              int64_t now_micros);
  // Forgets a failure.
  absl::StatusOr<CatalogPipeline> SetDesiredState(const std::string& uid, v1::Pipeline::DesiredState desired,
                                                  int64_t now_micros);
  absl::Status Delete(const std::string& uid);

  // The next generation and a block of epochs that no earlier one was given. Forgets a failure.
  absl::StatusOr<ReservedStart> ReserveStart(const std::string& uid);
  // Extends the block; the new end.
  absl::StatusOr<uint64_t> ReserveEpochs(const std::string& uid);
  // Of the current revision; NOT_FOUND if `extents_revision` is not the current one any more.
  absl::Status SetExtents(const std::string& uid, uint64_t extents_revision, const v1::SourceExtents& extents);
  absl::Status SetPositions(const std::string& uid, const v1::CatalogPositions& positions);
  // The revision has failed for good; kept until a user starts the pipeline or updates it. NOT_FOUND if it is not the
  // current one any more.
  absl::Status SetFailure(const std::string& uid, const v1::CatalogFailure& failure);

 private:
  Catalog(std::string folder, SmallFiles files) : folder_(std::move(folder)), files_(std::move(files)) {}

  absl::Status Load(const std::string& uid);
  absl::Status WriteEntry(const v1::CatalogEntry& entry);
  absl::Status WriteRevision(const std::string& folder, const v1::CatalogRevision& revision);
  absl::StatusOr<CatalogPipeline*> Require(const std::string& uid);
  std::string FolderOf(const std::string& uid) const { return folder_ + "/" + uid; }

  const std::string folder_;
  const SmallFiles files_;
  mutable std::mutex mutex_;
  std::map<std::string, CatalogPipeline> pipelines_;  // by uid
};

}  // namespace freshet
