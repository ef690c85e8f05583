#include "tests/simulation/witness.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/storage/pipeline_log/log_reader.h"

namespace freshet {

void Witness::Saw(const std::string& view, uint64_t epoch, const Content& content,
                  const TablePositions& known_visible) {
  auto [place, is_new] = seen_.try_emplace({epoch, view}, Sight{content, known_visible});
  if (!is_new && place->second.content != content) {
    Complain(StrCat("epoch ", epoch, " of ", view,
                    " is another one than before: ", Difference(content, place->second.content)));
  }
  for (const auto& [table, position] : known_visible) {
    uint64_t& known = place->second.known_visible[table];
    known = std::max(known, position);
  }
}

void Witness::Acknowledged(const BankRequest& request, const v1::IngestAnswer& answer, bool visible) {
  const Answer got{answer.position(), answer.accepted(), answer.rejected()};
  auto [place, is_new] = answers_.try_emplace(request.key, got);
  const Answer& first = place->second;
  if (got.position != first.position || got.accepted != first.accepted || got.rejected != first.rejected) {
    Complain(StrCat(request.key, " was answered with position ", first.position, ", then with ", got.position));
  }
  if (got.accepted != request.accepted || got.rejected != request.rejected) {
    Complain(StrCat(request.key, ": ", got.accepted, " accepted of ", request.accepted));
  }
  uint64_t& known = known_visible_[request.table];
  if (visible) known = std::max(known, got.position);
}

void Witness::CheckAgainstLog(SimulatedWorld& world, const v1::PhysicalPlan& plan,
                              const std::map<std::string, BankRequest>& requests) {
  ProcessDisk disk(&world.disk, UINT64_MAX);
  LogReader reader(&disk, "/data/log", LogPosition(), {LogRecordKind::kRequest, LogRecordKind::kCut});
  std::vector<std::pair<LogSpan, const BankRequest*>> logged;
  std::set<std::string> keys;
  std::vector<CutRecord> cuts;
  while (true) {
    auto item = reader.Next(LogPosition(UINT64_MAX));
    if (!item.ok() || !item->has_value()) break;  // the end of what was written
    if (auto* cut = std::get_if<CutRecord>(&(*item)->record)) {
      cuts.push_back(std::move(*cut));
      continue;
    }
    const auto& record = std::get<RequestRecord>((*item)->record);
    auto request = requests.find(record.idempotency_key);
    if (request == requests.end() || record.body != request->second.body) {
      Complain(StrCat("the log has a request that nobody sent: ", record.idempotency_key));
      continue;
    }
    if (!keys.insert(record.idempotency_key).second) Complain(StrCat(request->first, " stands twice in the log"));
    logged.emplace_back((*item)->span, &request->second);
  }
  for (const auto& [key, answer] : answers_) {
    if (!keys.contains(key)) Complain(StrCat(key, " was acknowledged, and is not in the log"));
  }
  for (const auto& [span, request] : logged) {
    auto answer = answers_.find(request->key);
    if (answer != answers_.end() && answer->second.position != span.end.value()) {
      Complain(StrCat(request->key, " was acknowledged at another position than where it stands"));
    }
  }

  // The journaled cuts one after the other: what the views hold at each of them.
  auto sight = seen_.begin();
  std::map<std::string, int64_t> visits;  // taken, by partition
  const auto visits_script = world.scripts.at("visits");
  uint64_t last = 0;
  std::vector<std::string> tables;
  for (const v1::PhysicalSource& source : plan.sources()) tables.push_back(source.table());
  std::map<std::string, uint64_t> taken;  // the position behind the last request taken, by table
  std::map<std::string, std::vector<std::pair<LogSpan, const BankRequest*>>> by_table;
  for (const auto& each : logged) by_table[each.second->table].push_back(each);
  std::map<std::string, size_t> next;
  for (const CutRecord& cut : cuts) {
    if (cut.epoch.value() <= last) Complain(StrCat("the journal goes back to epoch ", cut.epoch.value()));
    last = cut.epoch.value();
    journaled_.insert(last);
    for (; sight != seen_.end() && sight->first.first < last; ++sight) {
      Complain(StrCat("epoch ", sight->first.first, " was seen, and is not in the journal"));
    }
    for (size_t source = 0; source < cut.positions.size(); ++source) {
      for (const auto& [partition, position] : cut.positions[source]) {
        if (tables[source] == "visits") {
          const auto& rows = visits_script->partitions.at(partition);
          for (int64_t& row = visits[partition]; row < position.offset; ++row) {
            const Row& values = rows[static_cast<size_t>(row)].first;
            bank_.AddVisit(values[0].int_value(), values[1].int_value());
          }
          continue;
        }
        taken[tables[source]] = static_cast<uint64_t>(position.offset);
        const auto& of_table = by_table[tables[source]];
        for (size_t& i = next[tables[source]];
             i < of_table.size() && of_table[i].first.end.value() <= static_cast<uint64_t>(position.offset); ++i) {
          bank_.Add(*of_table[i].second);
          rejected_ += of_table[i].second->rejected;
        }
      }
    }
    if (bank_.Total() != 0) Complain(StrCat("epoch ", last, " cuts a request"));
    for (; sight != seen_.end() && sight->first.first == last; ++sight) {
      const auto& [epoch, view] = sight->first;
      const Content expected = bank_.ViewContent(view);
      if (sight->second.content != expected) {
        Complain(
            StrCat("epoch ", epoch, " of ", view, " is not its input: ", Difference(sight->second.content, expected)));
      }
      for (const auto& [table, requests_of] : by_table) {
        for (const auto& [span, of] : requests_of) {
          if (span.end.value() <= sight->second.known_visible[table] && span.end.value() > taken[table]) {
            Complain(StrCat(of->key, " was told to be visible, and is not in epoch ", epoch));
          }
        }
      }
    }
  }
  if (sight != seen_.end()) Complain(StrCat("epoch ", sight->first.first, " was seen, and is not in the journal"));
}

}  // namespace freshet
