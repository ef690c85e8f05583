// Pulls the changes of one view from all shards of its pipeline, a bounded answer at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "boost/asio/any_io_executor.hpp"
#include "server/pipelines/change_merge.h"
#include "server/supervisor/group.h"

namespace freshet {

// What a view is, for everyone who follows it.
struct FollowedView {
  std::string pipeline_uid;
  std::string pipeline;  // id
  std::string view;
  uint64_t revision = 0;
  uint32_t index = 0;  // of the plan's views
  uint32_t shard_count = 1;
  Schema schema;
  KeyColumns key;
};

// Asks a group; `done` is called once, on any thread.
using AskGroup = std::function<void(const std::string& uid, Group::Read read,
                                    std::function<void(absl::StatusOr<Group::ReadResult>)>)>;

// On one executor, which runs one thing at a time.
class ChangePull : public std::enable_shared_from_this<ChangePull> {
 public:
  struct Options {
    uint64_t answer_bytes = 1 << 20;  // about, over all shards
    std::chrono::milliseconds timeout{30'000};
  };
  // Begins after the epoch `after`; 0: after the newest.
  ChangePull(const FollowedView& view, const AskGroup& ask, boost::asio::any_io_executor executor, Options options,
             uint64_t after)
      : view_(view), ask_(ask), executor_(std::move(executor)), options_(options), after_(after) {}

  struct Answer {
    std::vector<ChangeMerge::Part> parts;
    uint64_t covered = 0;   // every epoch up to this one is in the parts so far
    bool complete = false;  // the newest epoch of when the pull began is reached
    bool finished = false;  // and none follows
    uint64_t history = 0;   // of the epochs' content; 0: not known
  };
  // One round; one at a time. After an error of an epoch that was given in part only a new pull can follow.
  void Next(std::function<void(absl::StatusOr<Answer>)> done);
  bool in_part() const { return merge_ && merge_->in_part(); }

 private:
  void OnAnswer(const std::vector<uint32_t>& shards, absl::StatusOr<Group::ReadResult> result,
                const std::function<void(absl::StatusOr<Answer>)>& done);

  const FollowedView& view_;
  const AskGroup& ask_;
  const boost::asio::any_io_executor executor_;
  const Options options_;
  uint64_t after_;
  uint64_t up_to_ = 0;  // of the round that is not complete; 0: the newest
  bool finished_ = false;
  uint64_t history_ = 0;
  std::optional<ChangeMerge> merge_;
};

}  // namespace freshet
