#include "tests/support/scripted_source.h"

#include <algorithm>

#include "engine/base/check.h"

namespace freshet {

ZSet RowsUpTo(const Script& script, const Positions& positions) {
  ZSet rows;
  for (const auto& [name, position] : positions) {
    const auto& partition = script.partitions.at(name);
    for (int64_t i = 0; i < position.offset; ++i) rows.Add(partition[i].first, partition[i].second);
  }
  return rows;
}

ScriptedSource::ScriptedSource(std::shared_ptr<const Script> script, Options options)
    : script_(std::move(script)), options_(std::move(options)) {
  for (const std::string& name : options_.partitions) {
    partitions_[name].released = static_cast<int64_t>(script_->partitions.at(name).size());
  }
}

void ScriptedSource::Release(const std::string& partition, int64_t rows) { partitions_.at(partition).released = rows; }

absl::Status ScriptedSource::Open(const Positions& from, const std::optional<Positions>& until) {
  CHECK(!open_) << "opened twice";
  open_ = true;
  for (auto& [name, partition] : partitions_) {
    partition.load_end = partition.released;
    if (auto it = from.find(name); it != from.end()) partition.next = partition.told = it->second.offset;
  }
  Continue(until);
  return absl::OkStatus();
}

void ScriptedSource::Continue(const std::optional<Positions>& until) {
  CHECK(open_);
  replaying_ = until.has_value();
  for (auto& [name, partition] : partitions_) {
    partition.until = -1;
    if (!until) continue;
    auto it = until->find(name);
    partition.until = it == until->end() ? partition.next : it->second.offset;
    CHECK_LE(partition.next, partition.until) << name << " is past the end of its replay";
  }
}

WaitingInput ScriptedSource::Waiting() const {
  WaitingInput waiting;
  for (const auto& [name, partition] : partitions_) waiting.rows += partition.end() - partition.next;
  waiting.bytes = waiting.rows * 8 * script_->schema.size();
  return waiting;
}

std::optional<DeltaBatch> ScriptedSource::Take() {
  CHECK(open_);
  for (auto& [name, partition] : partitions_) {
    int64_t count = std::min<int64_t>(partition.end() - partition.next, options_.batch_rows);
    if (count <= 0) continue;
    auto first = script_->partitions.at(name).begin() + partition.next;
    partition.next += count;
    rows_ += count;
    return BatchOf({first, first + count}, script_->schema);
  }
  return std::nullopt;
}

Positions ScriptedSource::TakePositions() {
  Positions moved;
  for (auto& [name, partition] : partitions_) {
    if (partition.told == partition.next) continue;
    partition.told = partition.next;
    moved[name].offset = partition.next;
    moved[name].records = partition.next;
  }
  return moved;
}

SourceProgress ScriptedSource::Progress() const {
  SourceProgress progress;
  progress.rows = rows_;
  progress.loaded = progress.finished = progress.at_until = true;
  for (const auto& [name, partition] : partitions_) {
    progress.loaded &= partition.next >= partition.load_end;
    progress.finished &=
        options_.is_static && partition.next == static_cast<int64_t>(script_->partitions.at(name).size());
    progress.at_until &= partition.next == partition.until;
  }
  progress.finished &= options_.is_static;
  progress.at_until &= replaying_;
  return progress;
}

}  // namespace freshet
