// One stream of changes to one reader: first on its own up to the newest epoch, then with the others of its view.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "server/pipelines/change_pull.h"
#include "server/pipelines/change_stream.h"
#include "server/pipelines/changes.h"
#include "server/pipelines/reader.h"

namespace freshet {

class ChangeHub;

// On the hub's thread.
class ChangeSubscriber : public std::enable_shared_from_this<ChangeSubscriber> {
 public:
  struct Start {
    ChangesQuery::From from = ChangesQuery::From::kNow;
    uint64_t epoch = 0;
    bool by_token = false;
    uint64_t history = 0;  // of the token
  };

  ChangeSubscriber(std::shared_ptr<ChangeHub> hub, uint64_t id, Start start, ChangeStream& stream,
                   std::shared_ptr<ChangeSink> sink);

  // Begins, or goes on after what it waited for.
  void Continue();
  // Sends what is there, if nothing is on its way.
  void Pump();
  void Tick(int64_t now_micros);
  // Says why and where to go on, once what is on its way is taken, and is done.
  void End(const absl::Status& why);
  // The reader is gone.
  void Drop();

  bool live() const { return phase_ == Phase::kLive; }
  const ChangeStream& stream() const { return stream_; }
  // The next entry of the stream that it takes.
  uint64_t next_number() const { return next_number_; }

 private:
  friend class ChangeHub;

  enum class Phase : uint8_t {
    kWaiting,   // for the pipeline
    kSnapshot,  // takes rows at one epoch
    kCatchUp,   // takes changes on its own
    kLive,
    kEnding,  // End waits for what is on its way
    kEnded,
  };
  struct Part {
    ChangeStream::Bytes bytes;
    uint64_t epoch = 0;
    bool partial = false;
  };

  void Begin();
  void ReadPage();
  void OnPage(absl::StatusOr<RowsPage> page);
  void CatchUp();
  void OnAnswer(absl::StatusOr<ChangePull::Answer> answer);
  void WaitFor(const absl::Status& status);
  void OnError(const absl::Status& status);
  void Send(Part part);
  void OnTaken(bool taken, const Part& part);

  const std::shared_ptr<ChangeHub> hub_;
  const uint64_t id_;
  const Start start_;
  ChangeStream& stream_;
  std::shared_ptr<ChangeSink> sink_;  // until the end: it holds the reader's connection
  Phase phase_ = Phase::kWaiting;
  bool begun_ = false;
  bool busy_ = false;  // a page or an answer is on its way here
  bool sending_ = false;
  absl::Status waits_for_;
  absl::Status end_;

  uint64_t position_ = 0;  // the last epoch that was sent whole, or told; 0: none
  bool in_part_ = false;   // parts of the one behind it were sent
  std::string page_token_;
  bool snapshot_done_ = false;
  uint64_t snapshot_epoch_ = 0;
  std::shared_ptr<ChangePull> pull_;
  bool complete_ = false;  // the last answer reached the newest epoch
  bool finished_ = false;
  uint64_t covered_ = 0;      // by the answers so far
  std::deque<Part> queue_;    // of its own
  uint64_t next_number_ = 0;  // live
  int64_t last_sent_micros_ = 0;
};

}  // namespace freshet
