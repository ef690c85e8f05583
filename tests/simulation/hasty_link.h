// A planted bug: the marker of a stage is sent before the last rows of the stage, and says so in its counts, so that
// these rows become part of the next epoch.
#pragma once

#include <algorithm>
#include <map>
#include <utility>
#include <variant>
#include <vector>

#include "engine/runtime/link.h"

namespace freshet {

class HastyLink : public Link {
 public:
  explicit HastyLink(Link* link) : link_(link) {}

  void Send(ShardId to, Frame frame) override {
    if (auto* data = std::get_if<DataFrame>(&frame)) {
      waiting_[to].push_back(std::move(*data));
    } else if (auto* marker = std::get_if<MarkerFrame>(&frame)) {
      SendStage(to, std::move(*marker));
    } else {
      link_->Send(to, std::move(frame));
    }
  }

 private:
  static void Count(MarkerFrame& marker, const DataFrame& rows, int factor) {
    auto found = std::find_if(marker.rows_sent.begin(), marker.rows_sent.end(),
                              [&](const auto& each) { return each.first == rows.exchange; });
    if (found == marker.rows_sent.end()) found = marker.rows_sent.insert(found, {rows.exchange, 0});
    found->second += static_cast<uint64_t>(factor) * rows.batch.size();
    if (found->second == 0) marker.rows_sent.erase(found);
  }

  void SendStage(ShardId to, MarkerFrame marker) {
    std::vector<DataFrame> stage;
    std::erase_if(waiting_[to], [&](DataFrame& frame) {
      bool of_stage = std::any_of(marker.rows_sent.begin(), marker.rows_sent.end(),
                                  [&](const auto& each) { return each.first == frame.exchange; });
      if (of_stage) stage.push_back(std::move(frame));
      return of_stage;
    });
    std::vector<DataFrame> late = std::move(late_[{to, marker.stage}]);
    late_.erase({to, marker.stage});
    if (!stage.empty()) {
      Count(marker, stage.back(), -1);
      late_[{to, marker.stage}].push_back(std::move(stage.back()));
      stage.pop_back();
    }
    for (DataFrame& frame : late) {
      frame.epoch = marker.epoch;
      Count(marker, frame, 1);
      stage.push_back(std::move(frame));
    }
    for (DataFrame& frame : stage) link_->Send(to, std::move(frame));
    link_->Send(to, std::move(marker));
  }

  Link* const link_;
  std::map<ShardId, std::vector<DataFrame>> waiting_;
  std::map<std::pair<ShardId, StageId>, std::vector<DataFrame>> late_;
};

}  // namespace freshet
