#include "server/pipelines/table_ingestor.h"

#include <utility>

#include "engine/base/check.h"
#include "fmt/format.h"
#include "freshet/v1/catalog.pb.h"
#include "server/errors/error_list.h"
#include "server/pipelines/signed_token.h"

namespace freshet {
namespace {

// That the table is there and filled over HTTP; what the user is told otherwise names the remedy.
absl::Status CheckTable(const v1::PhysicalPlan& plan, const v1::Plan& definition, const IngestRows& rows) {
  for (const v1::PhysicalSource& source : plan.sources()) {
    if (source.table() == rows.table && source.binding().connector() == "http") return absl::OkStatus();
  }
  for (const v1::Table& table : definition.tables()) {
    if (table.name() != rows.table) continue;
    return MakeError(
        ErrorCode::kNotIngested,
        fmt::format("table '{}' is not filled over HTTP: its sources are others. Leave them out, or add one "
                    "with connector http",
                    rows.table));
  }
  return MakeError(ErrorCode::kUnknownTable, fmt::format("pipeline '{}' has no table '{}'", rows.pipeline, rows.table));
}

}  // namespace

void TableIngestor::Ingest(IngestRows rows, std::function<void(absl::StatusOr<IngestedRows>)> done) {
  if (draining_) {
    return done(MakeError(ErrorCode::kUnavailable,
                          "the server stops and takes no rows: these were not taken; try again where it serves again"));
  }
  auto pipeline = catalog_->Find(rows.pipeline);
  if (!pipeline) {
    return done(MakeError(ErrorCode::kNotFound, fmt::format("there is no pipeline '{}'", rows.pipeline)));
  }
  if (absl::Status status = CheckTable(pipeline->revision->physical(), pipeline->revision->plan(), rows);
      !status.ok()) {
    return done(status);
  }
  v1::IngestCall call;
  call.set_table(std::move(rows.table));
  call.set_format(rows.format);
  call.set_idempotency_key(std::move(rows.idempotency_key));
  call.set_wait_visible(rows.wait_visible);
  call.set_body(std::move(rows.body));
  const std::string uid = pipeline->entry.uid();
  supervisor_->Ingest(uid, pipeline->entry.revision(), std::move(call),
                      std::chrono::milliseconds(settings_->ingest_timeout_ms),
                      [uid, seed = seed_, done = std::move(done)](absl::StatusOr<v1::IngestAnswer> answer) {
                        if (!answer.ok()) return done(answer.status());
                        IngestedRows taken;
                        v1::IngestTokenContent content;
                        content.set_pipeline_uid(uid);
                        content.set_table_uid(answer->table_uid());
                        content.set_position(answer->position());
                        taken.token = EncodeToken(content, seed);
                        taken.accepted = answer->accepted();
                        taken.rejected = answer->rejected();
                        taken.errors.assign(answer->errors().begin(), answer->errors().end());
                        done(std::move(taken));
                      });
}

absl::StatusOr<v1::IngestPosition> ReadIngestToken(std::string_view token, const std::string& pipeline_uid,
                                                   uint64_t seed) {
  v1::IngestTokenContent content;
  if (!DecodeToken(token, seed, &content)) {
    return MakeError(ErrorCode::kInvalidToken, "at_least takes a committed epoch, or a token that an ingest gave");
  }
  if (content.pipeline_uid() != pipeline_uid) {
    return MakeError(ErrorCode::kPipelineReplaced, "the token in at_least belongs to another pipeline");
  }
  v1::IngestPosition position;
  position.set_table_uid(content.table_uid());
  position.set_position(content.position());
  return position;
}

void AssignTableUids(const v1::PhysicalPlan* before, uint64_t revision, v1::PhysicalPlan* plan) {
  for (v1::PhysicalSource& source : *plan->mutable_sources()) {
    if (source.binding().connector() != "http") continue;
    source.set_table_uid(fmt::format("{}@{}", source.table(), revision));
    if (before == nullptr) continue;
    for (const v1::PhysicalSource& known : before->sources()) {
      if (known.table() == source.table() && !known.table_uid().empty()) source.set_table_uid(known.table_uid());
    }
  }
}

}  // namespace freshet
