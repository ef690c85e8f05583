// Follows the changes of views: the contract between who serves a stream of changes and who makes it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/columnar/delta_batch.h"
#include "engine/columnar/types.h"

namespace freshet {

struct ChangesQuery {
  enum class From : uint8_t {
    kSnapshot,  // the rows at an epoch, then what changes them
    kNow,       // what changes after the newest epoch
    kEpoch,     // what changes after `epoch`
  };
  std::string pipeline;  // id
  std::string view;
  From from = From::kSnapshot;
  uint64_t epoch = 0;
  std::string token;       // not empty: goes on where it was given, whatever `from` says
  bool needs_key = false;  // the encoder tells rows of a unique key apart
};

// Changes of one epoch: of the whole, or of a part, where it is too large to be held.
struct ChangePart {
  const Schema& schema;
  const KeyColumns& key;
  uint64_t epoch = 0;
  bool snapshot = false;  // rows at the epoch, to begin with
  bool partial = false;   // more of this epoch follows
  // Of each key those that go stand before those that come, also over parts.
  std::span<const DeltaBatch> rows;
};

// Writes what a stream consists of. Encoders of one name give the same bytes, which all streams share.
class ChangeEncoder {
 public:
  virtual ~ChangeEncoder() = default;

  virtual std::string_view name() const = 0;
  // `token` names the place after it; empty: none, the epoch is not whole.
  virtual std::string Part(const ChangePart& part, std::string_view token) const = 0;
  // Everything up to the epoch has been sent.
  virtual std::string Progress(uint64_t epoch, std::string_view token) const = 0;
  // A sign of life while there is nothing to tell: `state` is the code of why.
  virtual std::string Waiting(std::string_view state) const = 0;
  // The stream ends: as nothing can follow (OK), or with an error. `token`: where to go on; empty: nowhere.
  virtual std::string End(const absl::Status& why, std::string_view token) const = 0;
};

// Takes one stream. Called on the service's thread; must not block.
class ChangeSink {
 public:
  virtual ~ChangeSink() = default;

  // Once: the stream begins, behind this epoch (0: not known yet); or it is refused, and nothing follows.
  virtual void Begin(uint64_t epoch, uint64_t revision) = 0;
  virtual void Refuse(const absl::Status& status) = 0;
  // One at a time: `taken` is called, on any thread, when the next may come (true) or the reader is gone (false).
  virtual void Send(std::shared_ptr<const std::string> bytes, std::function<void(bool)> taken) = 0;
  virtual void Finish() = 0;
};

// Thread-safe; never blocks. Every stream begins or is refused; one that has begun ends with an End of its encoder and
// Finish, or with its reader.
class Changes {
 public:
  virtual ~Changes() = default;

  using SubscriptionId = uint64_t;

  // Errors at once: NOT_FOUND, NOT_MATERIALIZED, INVALID_TOKEN, PIPELINE_REPLACED, INVALID_REQUEST, TOO_MANY_REQUESTS;
  // the sink is not called then.
  virtual absl::StatusOr<SubscriptionId> Subscribe(ChangesQuery query, std::shared_ptr<const ChangeEncoder> encoder,
                                                   std::shared_ptr<ChangeSink> sink) = 0;
  // The reader is gone.
  virtual void Unsubscribe(SubscriptionId id) = 0;
};

}  // namespace freshet
