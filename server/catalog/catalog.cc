#include "server/catalog/catalog.h"

#include <algorithm>
#include <filesystem>

#include "engine/base/check.h"
#include "fmt/format.h"
#include "server/catalog/data_directory.h"
#include "server/errors/error_list.h"
#include "server/transport/parse_message.h"

namespace freshet {
namespace {

// Folders on their way in and out. Uids are hexadecimal, so no pipeline has such a name.
constexpr char kMadePrefix[] = "new-";
constexpr char kDeletedPrefix[] = "deleted-";

std::string EntryPath(const std::string& folder) { return folder + "/entry"; }
std::string RevisionPath(const std::string& folder, uint64_t revision) {
  return fmt::format("{}/revision-{}", folder, revision);
}
std::string ExtentsPath(const std::string& folder, uint64_t revision) {
  return fmt::format("{}/extents-{}", folder, revision);
}
std::string PositionsPath(const std::string& folder) { return folder + "/positions"; }

template <typename Message>
absl::StatusOr<Message> ReadMessage(const SmallFiles& files, const std::string& path) {
  ASSIGN_OR_RETURN(std::string bytes, files.Read(path));
  Message message;
  if (!ParseMessage(bytes, &message)) return absl::DataLossError(fmt::format("the file {} cannot be read", path));
  return message;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Catalog>> Catalog::Open(std::string folder, SmallFiles files) {
  std::unique_ptr<Catalog> catalog(new Catalog(std::move(folder), std::move(files)));
  std::error_code error;
  std::vector<std::string> uids;
  for (const auto& item : std::filesystem::directory_iterator(catalog->folder_, error)) {
    std::string name = item.path().filename().string();
    if (!item.is_directory()) continue;
    if (name.starts_with(kMadePrefix) || name.starts_with(kDeletedPrefix)) {
      RETURN_IF_ERROR(catalog->files_.RemoveTree(item.path().string()));
    } else {
      uids.push_back(name);
    }
  }
  if (error) return absl::UnavailableError(fmt::format("cannot list {}: {}", catalog->folder_, error.message()));
  for (const std::string& uid : uids) RETURN_IF_ERROR(catalog->Load(uid));
  return catalog;
}

absl::Status Catalog::Load(const std::string& uid) {
  std::string folder = FolderOf(uid);
  CatalogPipeline pipeline;
  ASSIGN_OR_RETURN(pipeline.entry, ReadMessage<v1::CatalogEntry>(files_, EntryPath(folder)));
  ASSIGN_OR_RETURN(auto revision,
                   ReadMessage<v1::CatalogRevision>(files_, RevisionPath(folder, pipeline.entry.revision())));
  auto extents = ReadMessage<v1::CatalogExtents>(files_, ExtentsPath(folder, revision.extents_revision()));
  if (extents.ok()) {
    pipeline.extents = std::make_shared<v1::SourceExtents>(extents->extents());
  } else if (!absl::IsNotFound(extents.status())) {
    return extents.status();
  }
  auto positions = ReadMessage<v1::CatalogPositions>(files_, PositionsPath(folder));
  if (positions.ok() && positions->extents_revision() == revision.extents_revision()) {
    pipeline.positions = std::make_shared<v1::CatalogPositions>(*std::move(positions));
  } else if (!positions.ok() && !absl::IsNotFound(positions.status())) {
    return positions.status();
  }
  // Revisions that a crash left behind their removal, or before they became current.
  std::error_code error;
  for (const auto& item : std::filesystem::directory_iterator(folder, error)) {
    if (item.path().extension() == ".new") RETURN_IF_ERROR(files_.RemoveFile(item.path().string()));
  }
  pipeline.revision = std::make_shared<v1::CatalogRevision>(std::move(revision));
  pipelines_.emplace(uid, std::move(pipeline));
  return absl::OkStatus();
}

std::vector<CatalogPipeline> Catalog::List() const {
  std::lock_guard lock(mutex_);
  std::vector<CatalogPipeline> list;
  for (const auto& [uid, pipeline] : pipelines_) list.push_back(pipeline);
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.entry.id() < b.entry.id(); });
  return list;
}

std::optional<CatalogPipeline> Catalog::Find(const std::string& id) const {
  std::lock_guard lock(mutex_);
  for (const auto& [uid, pipeline] : pipelines_) {
    if (pipeline.entry.id() == id) return pipeline;
  }
  return std::nullopt;
}

std::optional<CatalogPipeline> Catalog::FindUid(const std::string& uid) const {
  std::lock_guard lock(mutex_);
  auto found = pipelines_.find(uid);
  return found == pipelines_.end() ? std::nullopt : std::optional(found->second);
}

absl::StatusOr<CatalogPipeline*> Catalog::Require(const std::string& uid) {
  auto found = pipelines_.find(uid);
  if (found == pipelines_.end()) return MakeError(ErrorCode::kNotFound, "the pipeline is deleted");
  return &found->second;
}

absl::Status Catalog::WriteEntry(const v1::CatalogEntry& entry) {
  return files_.Write(EntryPath(FolderOf(entry.uid())), entry.SerializeAsString());
}

absl::Status Catalog::WriteRevision(const std::string& folder, const v1::CatalogRevision& revision) {
  return files_.Write(RevisionPath(folder, revision.revision()), revision.SerializeAsString());
}

absl::StatusOr<CatalogPipeline> Catalog::Create(const std::string& id, v1::Pipeline::DesiredState desired,
                                                v1::CatalogRevision revision, int64_t now_micros) {
  std::lock_guard lock(mutex_);
  for (const auto& [uid, pipeline] : pipelines_) {
    if (pipeline.entry.id() == id) {
      return MakeError(ErrorCode::kAlreadyExists, fmt::format("there is a pipeline '{}' already", id));
    }
  }
  CatalogPipeline pipeline;
  v1::CatalogEntry& entry = pipeline.entry;
  entry.set_id(id);
  entry.set_uid(MakeUid());
  entry.set_desired_state(desired);
  entry.set_revision(1);
  entry.set_end_epoch(1);
  entry.set_version(1);
  entry.set_create_time_micros(now_micros);
  entry.set_update_time_micros(now_micros);
  revision.set_revision(1);
  revision.set_extents_revision(1);

  std::string made = folder_ + "/" + kMadePrefix + entry.uid();
  RETURN_IF_ERROR(files_.MakeFolder(made));
  RETURN_IF_ERROR(WriteRevision(made, revision));
  RETURN_IF_ERROR(files_.Write(EntryPath(made), entry.SerializeAsString()));
  RETURN_IF_ERROR(files_.Rename(made, FolderOf(entry.uid())));
  pipeline.revision = std::make_shared<v1::CatalogRevision>(std::move(revision));
  pipelines_.emplace(entry.uid(), pipeline);
  return pipeline;
}

absl::StatusOr<CatalogPipeline> Catalog::AddRevision(const std::string& uid, v1::CatalogRevision revision,
                                                     bool keep_extents, int64_t now_micros) {
  std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(CatalogPipeline * pipeline, Require(uid));
  v1::CatalogEntry entry = pipeline->entry;
  entry.clear_failure();
  entry.set_revision(entry.revision() + 1);
  entry.set_version(entry.version() + 1);
  entry.set_update_time_micros(now_micros);
  revision.set_revision(entry.revision());
  revision.set_extents_revision(keep_extents ? pipeline->revision->extents_revision() : entry.revision());
  RETURN_IF_ERROR(WriteRevision(FolderOf(uid), revision));
  RETURN_IF_ERROR(WriteEntry(entry));

  pipeline->entry = std::move(entry);
  pipeline->revision = std::make_shared<v1::CatalogRevision>(std::move(revision));
  if (!keep_extents) {
    pipeline->extents = nullptr;
    pipeline->positions = nullptr;
  }
  uint64_t current = pipeline->revision->revision();
  if (current > kRevisionsKept) {
    uint64_t old = current - kRevisionsKept;
    RETURN_IF_ERROR(files_.RemoveFile(RevisionPath(FolderOf(uid), old)));
    if (pipeline->revision->extents_revision() > old)
      RETURN_IF_ERROR(files_.RemoveFile(ExtentsPath(FolderOf(uid), old)));
  }
  return *pipeline;
}

absl::StatusOr<CatalogPipeline> Catalog::SetDesiredState(const std::string& uid, v1::Pipeline::DesiredState desired,
                                                         int64_t now_micros) {
  std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(CatalogPipeline * pipeline, Require(uid));
  if (pipeline->entry.desired_state() == desired && !pipeline->entry.has_failure()) return *pipeline;
  v1::CatalogEntry entry = pipeline->entry;
  entry.clear_failure();
  entry.set_desired_state(desired);
  entry.set_version(entry.version() + 1);
  entry.set_update_time_micros(now_micros);
  RETURN_IF_ERROR(WriteEntry(entry));
  pipeline->entry = std::move(entry);
  return *pipeline;
}

absl::Status Catalog::Delete(const std::string& uid) {
  std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Require(uid).status());
  std::string away = folder_ + "/" + kDeletedPrefix + uid;
  RETURN_IF_ERROR(files_.Rename(FolderOf(uid), away));
  pipelines_.erase(uid);
  return files_.RemoveTree(away);
}

absl::StatusOr<ReservedStart> Catalog::ReserveStart(const std::string& uid) {
  std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(CatalogPipeline * pipeline, Require(uid));
  v1::CatalogEntry entry = pipeline->entry;
  ReservedStart start;
  start.generation = entry.generation() + 1;
  start.first_epoch = entry.end_epoch();
  start.end_epoch = start.first_epoch + kEpochBlock;
  entry.clear_failure();
  entry.set_generation(start.generation);
  entry.set_end_epoch(start.end_epoch);
  RETURN_IF_ERROR(WriteEntry(entry));
  pipeline->entry = std::move(entry);
  return start;
}

absl::StatusOr<uint64_t> Catalog::ReserveEpochs(const std::string& uid) {
  std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(CatalogPipeline * pipeline, Require(uid));
  v1::CatalogEntry entry = pipeline->entry;
  entry.set_end_epoch(entry.end_epoch() + kEpochBlock);
  RETURN_IF_ERROR(WriteEntry(entry));
  pipeline->entry = std::move(entry);
  return pipeline->entry.end_epoch();
}

absl::Status Catalog::SetExtents(const std::string& uid, uint64_t extents_revision, const v1::SourceExtents& extents) {
  std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(CatalogPipeline * pipeline, Require(uid));
  if (pipeline->revision->extents_revision() != extents_revision) {
    return MakeError(ErrorCode::kNotFound, "the revision is not the current one any more");
  }
  v1::CatalogExtents record;
  record.set_revision(extents_revision);
  *record.mutable_extents() = extents;
  RETURN_IF_ERROR(files_.Write(ExtentsPath(FolderOf(uid), extents_revision), record.SerializeAsString()));
  pipeline->extents = std::make_shared<v1::SourceExtents>(extents);
  return absl::OkStatus();
}

absl::Status Catalog::SetPositions(const std::string& uid, const v1::CatalogPositions& positions) {
  std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(CatalogPipeline * pipeline, Require(uid));
  if (pipeline->revision->extents_revision() != positions.extents_revision()) {
    return MakeError(ErrorCode::kNotFound, "the revision is not the current one any more");
  }
  RETURN_IF_ERROR(files_.Write(PositionsPath(FolderOf(uid)), positions.SerializeAsString()));
  pipeline->positions = std::make_shared<v1::CatalogPositions>(positions);
  return absl::OkStatus();
}

absl::Status Catalog::SetFailure(const std::string& uid, const v1::CatalogFailure& failure) {
  std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(CatalogPipeline * pipeline, Require(uid));
  if (pipeline->entry.revision() != failure.revision()) {
    return MakeError(ErrorCode::kNotFound, "the revision is not the current one any more");
  }
  v1::CatalogEntry entry = pipeline->entry;
  *entry.mutable_failure() = failure;
  RETURN_IF_ERROR(WriteEntry(entry));
  pipeline->entry = std::move(entry);
  return absl::OkStatus();
}

}  // namespace freshet
