// Who uses the simulated pipeline: clients that push requests until they are acknowledged, readers of pages, and
// followers of changes. State machines that answers and Step drive.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "server/pipelines/change_merge.h"
#include "tests/simulation/bank.h"
#include "tests/simulation/simulated_pipeline.h"
#include "tests/simulation/witness.h"

namespace freshet {

// What all clients of a run share; outlives them, and their answers that come late.
struct ClientContext {
  SimulatedWorld* world = nullptr;
  SimulatedPipeline* pipeline = nullptr;
  Witness* witness = nullptr;
  std::map<std::string, BankRequest> requests;  // sent so far, by key
};

// Sends one request after the other, each under its key until it is acknowledged; now and then again after that.
class IngestClient {
 public:
  explicit IngestClient(ClientContext* context) : context_(context) {}

  // Sends something if nothing is under way. Without `more`, only what was not acknowledged yet.
  void Step(bool more);
  bool idle() const { return !request_ && waiting_ == 0; }

 private:
  void Send();

  ClientContext* const context_;
  std::optional<BankRequest> request_;
  bool acknowledged_ = false;
  int waiting_ = 0;  // answers
};

// Reads one view after the other, in small pages of one epoch.
class PageReader {
 public:
  explicit PageReader(ClientContext* context) : context_(context) {}

  void Step();
  // All of a view was read so often.
  uint64_t listings() const { return listings_; }

 private:
  void Ask();
  void OnPage(const std::vector<v1::ReadResponse>* responses);

  ClientContext* const context_;
  bool reading_ = false;
  std::string view_;
  uint64_t epoch_ = 0;
  TablePositions known_visible_;
  uint16_t shard_ = 0;
  std::string after_;
  Content content_;
  uint64_t last_epoch_ = 0;
  uint64_t listings_ = 0;
};

// Follows a view: all of it at one epoch, then its changes, folded.
class ChangeFollower {
 public:
  ChangeFollower(ClientContext* context, std::string view) : context_(context), view_(std::move(view)) {}

  void Step();
  uint64_t epoch() const { return epoch_; }
  uint64_t refetches() const { return refetches_; }

 private:
  void AskSnapshot();
  void OnSnapshot(const std::vector<v1::ReadResponse>* responses);
  void AskChanges();
  void OnChanges(const std::vector<v1::ReadResponse>* responses);

  ClientContext* const context_;
  const std::string view_;
  bool asking_ = false;
  uint64_t generation_ = 0;  // that was asked last
  TablePositions known_visible_;
  uint64_t epoch_ = 0;  // of the content; 0: there is none
  Content content_;
  Content part_;  // of the epoch behind, as far as it was given
  std::optional<uint64_t> history_;
  uint64_t refetches_ = 0;

  std::unique_ptr<ChangeMerge> merge_;  // of a round under way
  uint64_t up_to_ = 0;
  std::vector<uint16_t> asked_;
};

}  // namespace freshet
