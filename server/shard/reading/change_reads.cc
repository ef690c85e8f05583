#include "server/shard/reading/change_reads.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

struct Cursor {
  uint64_t generation = 0;
  uint64_t epoch = 0;
  uint64_t pieces = 0;
};

std::string EncodeCursor(const Cursor& cursor) {
  return std::string(reinterpret_cast<const char*>(&cursor), sizeof(cursor));
}

}  // namespace

absl::StatusOr<ChangeReads::Pending> ChangeReads::Prepare(const v1::ReadRequest& request) const {
  const v1::ChangesRequest& changes = request.changes();
  if (changes.view() >= rings_.size() || rings_[changes.view()] == nullptr) {
    return MakeError(ErrorCode::kInvalidRequest, "no changes are kept of what the request names");
  }
  Pending pending;
  pending.id = request.id();
  pending.ring = rings_[changes.view()];
  pending.query.from.epoch = Epoch(changes.after_epoch());
  pending.query.up_to = Epoch(changes.up_to_epoch());
  pending.query.bytes_max = changes.max_bytes();
  if (!changes.cursor().empty()) {
    Cursor cursor;
    if (changes.cursor().size() != sizeof(cursor)) return MakeError(ErrorCode::kInvalidToken, "a malformed cursor");
    std::memcpy(&cursor, changes.cursor().data(), sizeof(cursor));
    if (cursor.generation != options_.generation) {
      return MakeError(ErrorCode::kUnavailable, "the shards were started anew in the middle of an epoch");
    }
    pending.query.from = {Epoch(cursor.epoch), static_cast<uint32_t>(cursor.pieces)};
  }
  return pending;
}

void ChangeReads::Add(const v1::ReadRequest& request) {
  auto pending = Prepare(request);
  if (pending.ok()) {
    pending_.push_back(*std::move(pending));
    return;
  }
  Pending refused;
  refused.id = request.id();
  Finish(refused, pending.status());
}

void ChangeReads::Cancel(uint64_t id) {
  std::erase_if(pending_, [id](const Pending& pending) { return pending.id == id; });
}

bool ChangeReads::Step() {
  retention_->DropOld();
  if (pending_.empty()) return false;
  const int64_t start = clock_->MonotonicMicros();
  bool worked = false;
  for (size_t turns = pending_.size(); turns > 0; --turns) {
    Pending pending = std::move(pending_.front());
    pending_.pop_front();
    if (pending.read == nullptr && pending.ring->visible() && pending.query.up_to <= pending.ring->committed()) {
      pending.read = std::make_unique<ChangeRead>(*pending.ring, pending.query);
    }
    if (pending.read == nullptr) {
      pending_.push_back(std::move(pending));
      continue;
    }
    worked = true;
    absl::StatusOr<bool> complete = pending.read->Step();
    if (complete.ok() && !*complete) {
      pending_.push_back(std::move(pending));
    } else {
      Finish(pending, complete.status());
    }
    if (clock_->MonotonicMicros() - start >= options_.slice_micros) break;
  }
  return worked;
}

void ChangeReads::Finish(Pending& pending, const absl::Status& status) {
  v1::ReadResponse response;
  response.set_id(pending.id);
  if (!status.ok()) {
    ErrorCode code = absl::IsOutOfRange(status) ? ErrorCode::kEpochGone : CodeOf(status);
    std::string message(status.message());
    if (code == ErrorCode::kEpochGone) {
      message =
          StrCat("changes behind epoch ", pending.query.from.epoch.value(), " are no longer kept (settings changes.*)");
    }
    response.set_error_code(std::string(InfoOf(code).name));
    response.set_error_message(message);
    respond_(response);
    return;
  }
  const ChangePlace& place = pending.read->place();
  for (ChangeRead::Piece& piece : pending.read->TakePieces()) {
    v1::EpochChanges& changes = *response.add_changes();
    changes.set_epoch(piece.epoch.value());
    changes.set_batch(std::move(piece.batch));
  }
  response.set_epoch(pending.query.up_to.value());
  if (options_.history != nullptr) response.set_history(options_.history());
  response.set_covered_epoch(place.epoch.value());
  if (place.epoch < pending.query.up_to || place.pieces > 0) {
    response.set_changes_cursor(EncodeCursor({options_.generation, place.epoch.value(), place.pieces}));
  }
  respond_(response);
}

}  // namespace freshet
