// Follows one view for all of its subscribers: pulls each commit's changes once, encodes them once a format, and hands
// them to everyone.
//
// Idea: a subscriber first comes up to the newest epoch on its own (rows at an epoch, or the changes after the one it
// knows, at the pace at which it reads), then joins the others, who all take from one queue (ChangeStream). The hub
// pulls on as long as somebody has room; who is too far behind those is cut off, by name and with the place to go on.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "boost/asio/io_context.hpp"
#include "engine/base/clock.h"
#include "server/pipelines/change_pull.h"
#include "server/pipelines/change_stream.h"
#include "server/pipelines/change_subscriber.h"
#include "server/pipelines/changes.h"
#include "server/pipelines/reader.h"
#include "server/settings/settings.h"

namespace freshet {

// What all hubs share; outlives them.
struct ChangeEnvironment {
  boost::asio::io_context* io = nullptr;
  const Settings* settings = nullptr;
  const Clock* clock = nullptr;
  Reader* reader = nullptr;
  AskGroup ask;
  // The user wants the pipeline to run, so that it is waited for where it does not yet.
  std::function<bool(const std::string& uid)> is_wanted;
  uint64_t seed = 0;
  std::function<void()> count_encoding;
  std::function<void(uint64_t)> count_sent_bytes;
  std::function<void()> count_cut_off;
};

// On the thread of `io`.
class ChangeHub : public std::enable_shared_from_this<ChangeHub> {
 public:
  // `forgotten` is told of each subscriber that is gone.
  ChangeHub(const ChangeEnvironment& environment, FollowedView view, std::function<void(uint64_t)> forgotten);

  void Add(uint64_t id, ChangeSubscriber::Start start, std::shared_ptr<const ChangeEncoder> encoder,
           std::shared_ptr<ChangeSink> sink);
  // Its reader is gone.
  void Remove(uint64_t id);
  // Something was committed, or the pipeline's state has changed.
  void Poke();
  // Signs of life, and what is due by time. Called some times a second.
  void Tick();
  // Every stream ends with a place to go on.
  void EndAll(const absl::Status& why);
  // Every stream is forgotten.
  void DropAll();

  bool empty() const { return subscribers_.empty(); }
  size_t size() const { return subscribers_.size(); }
  const FollowedView& view() const { return view_; }
  // The largest of all subscribers.
  uint64_t backlog_bytes() const;

 private:
  friend class ChangeSubscriber;

  ChangeStream& StreamOf(const std::shared_ptr<const ChangeEncoder>& encoder);
  std::string TokenOf(uint64_t epoch) const;
  // What an answer says of the history; another one than before ends every stream: epochs may have other content.
  void SawHistory(uint64_t history);
  // Whether an error goes by itself, so that streams wait.
  bool Passes(const absl::Status& status) const;
  // A subscriber that knows everything up to `epoch` joins; false: it must come closer first.
  bool Join(ChangeSubscriber& subscriber, uint64_t epoch);
  void OnTaken();
  // After the next turn, so that nobody is forgotten while it does something.
  void Forget(uint64_t id);

  void PullIfDue();
  void OnAnswer(absl::StatusOr<ChangePull::Answer> answer);
  bool CutOffSlow(uint64_t bytes_max);
  void Release();
  uint64_t BacklogOf(const ChangeSubscriber& subscriber) const;

  const ChangeEnvironment& environment_;
  const FollowedView view_;
  const std::function<void(uint64_t)> forgotten_;
  std::map<std::string, std::unique_ptr<ChangeStream>, std::less<>> streams_;  // by the encoder's name
  std::map<uint64_t, std::shared_ptr<ChangeSubscriber>> subscribers_;
  size_t live_ = 0;

  std::shared_ptr<ChangePull> pull_;
  bool pulling_ = false;
  bool due_ = false;           // there may be more than what was pulled
  uint64_t head_ = 0;          // every epoch up to this one is in the streams
  uint64_t part_epoch_ = 0;    // the epoch that is there in part; 0: none
  bool finished_ = false;      // nothing follows
  int64_t no_room_since_ = 0;  // since nobody had room, and nobody has taken anything; 0: somebody has
  uint64_t history_ = 0;       // 0: not known
  absl::Status waiting_;       // why nothing can be pulled
};

}  // namespace freshet
