#include "server/shard/journal/source_changes.h"

#include "engine/base/key_hash.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "server/transport/byte_coding.h"
#include "spdlog/spdlog.h"

namespace freshet {

SourceChanges::SourceChanges(const v1::PhysicalPlan* plan, LogWriter* log, Epoch first_epoch)
    : plan_(plan),
      log_(log),
      new_history_begins_(first_epoch),
      history_(log->history()),
      changes_(static_cast<size_t>(plan->sources_size())) {}

Epoch SourceChanges::first_epoch() const {
  return log_->changed_history() ? log_->changed_history()->first_epoch : Epoch();
}

void SourceChanges::Add(const ReplayDifference& difference) {
  // A sum, so that the order of partitions does not count.
  std::string bytes;
  ByteWriter out(&bytes);
  out.Number(difference.epoch.value());
  out.Number(difference.source.value());
  out.Text(difference.partition);
  out.Number(difference.position.offset);
  out.Number(difference.position.records);
  out.Number(difference.position.checksum);
  differences_ += HashBytes(bytes.data(), bytes.size(), 0);
  Change& change = changes_[difference.source.value()];
  if (change.count++ > 0) return;
  const std::string& source = plan_->sources(static_cast<int>(difference.source.value())).source();
  change.first = fmt::format(
      "{}: source {} gave other records of {} than before when epoch {} was run again; results go on from "
      "what it gives now",
      InfoOf(ErrorCode::kSourceChanged).name, source, difference.partition, difference.epoch.value());
}

bool SourceChanges::OnReplayed() {
  const uint64_t known = log_->changed_history() ? log_->changed_history()->differences : 0;
  if (differences_ == known) return true;
  std::string reason = "SOURCE_CHANGED: all sources give again what they gave first";
  for (const Change& change : changes_) {
    if (change.count == 0) continue;
    reason = change.first;
    spdlog::warn("{}", change.first);
  }
  history_ = log_->history() + 1;
  LogSpan span = log_->log()->Append(HistoryRecord{history_, reason, new_history_begins_, differences_});
  log_->Write();
  if (plan_->sinks_size() == 0) return true;
  begins_anew_at_ = span.end;
  return false;
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
