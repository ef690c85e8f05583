#include "server/shard/journal/source_changes.h"

#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "spdlog/spdlog.h"

namespace freshet {

SourceChanges::SourceChanges(const v1::PhysicalPlan* plan, LogWriter* log)
    : plan_(plan), log_(log), history_(log->history()), changes_(static_cast<size_t>(plan->sources_size())) {}

void SourceChanges::Add(const ReplayDifference& difference) {
  Change& change = changes_[difference.source.value()];
  if (change.count++ > 0) return;
  const std::string& source = plan_->sources(static_cast<int>(difference.source.value())).source();
  change.first = fmt::format(
      "{}: source {} gave other records of {} than before when epoch {} was run again; results go on from "
      "what it gives now",
      InfoOf(ErrorCode::kSourceChanged).name, source, difference.partition, difference.epoch.value());
  spdlog::warn("{}", change.first);
  if (history_ > log_->history()) return;  // told once a start
  history_ = log_->history() + 1;
  log_->log()->Append(HistoryRecord{history_, change.first});
  log_->Write();
}

void SourceChanges::Tell(v1::ShardReport& report) const {
  v1::Metric& history = *report.add_metrics();
  history.set_name("freshet_history");
  history.set_value(static_cast<double>(history_));
  for (int i = 0; i < report.sources_size(); ++i) {
    const Change& change = changes_[static_cast<size_t>(i)];
    if (change.count == 0) continue;
    if (report.sources(i).message().empty()) report.mutable_sources(i)->set_message(change.first);
    v1::Metric& metric = *report.add_metrics();
    metric.set_name("freshet_source_changed_total");
    (*metric.mutable_labels())["source"] = plan_->sources(i).source();
    metric.set_value(static_cast<double>(change.count));
  }
}

}  // namespace freshet
