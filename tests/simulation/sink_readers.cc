#include "tests/simulation/sink_readers.h"

#include <functional>
#include <optional>
#include <sstream>

#include "boost/json/parse.hpp"
#include "boost/json/serialize.hpp"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

// A row as JSON in the text form of views.
std::string RowText(const boost::json::value& row) {
  std::string text;
  for (const auto& [name, value] : row.as_object()) {
    if (!text.empty()) text += " | ";
    if (value.is_null()) {
      text += "NULL";
    } else if (value.is_string()) {
      text += std::string(value.as_string());
    } else {
      text += boost::json::serialize(value);
    }
  }
  return text;
}

void ForEachRecord(const FakeTopic& topic, const std::set<uint64_t>& journaled, std::vector<std::string>* problems,
                   const std::function<void(const SinkRecord&)>& use) {
  for (const auto& partition : topic.partitions) {
    std::optional<SinkMark> last;
    for (const SinkRecord& record : partition) {
      if (last && record.mark <= *last) continue;
      if (!journaled.contains(record.mark.epoch.value())) {
        problems->push_back(StrCat("a record of epoch ", record.mark.epoch.value(), ", which is not in the journal"));
      }
      const bool goes_on = last && last->epoch == record.mark.epoch;
      if (record.mark.sequence != (goes_on ? last->sequence + 1 : 0)) {
        problems->push_back(StrCat("a record of epoch ", record.mark.epoch.value(), " is left out"));
      }
      last = record.mark;
      use(record);
    }
  }
}

}  // namespace

std::map<std::string, std::string> FoldUpserts(const FakeTopic& topic, const std::set<uint64_t>& journaled,
                                               std::vector<std::string>* problems) {
  std::map<std::string, std::string> records;
  ForEachRecord(topic, journaled, problems, [&](const SinkRecord& record) {
    if (record.value) {
      records[*record.key] = *record.value;
    } else if (records.erase(*record.key) == 0) {
      problems->push_back(StrCat("a tombstone for ", *record.key, ", which was not there"));
    }
  });
  return records;
}

Content FoldChanges(const FakeTopic& topic, const std::set<uint64_t>& journaled, std::vector<std::string>* problems) {
  Content content;
  ForEachRecord(topic, journaled, problems, [&](const SinkRecord& record) {
    const boost::json::value change = boost::json::parse(*record.value);
    AddContent({{RowText(change.at("row")), change.at("weight").as_int64()}}, &content);
  });
  return content;
}

Content FoldLines(const std::map<std::string, std::string>& files, const std::set<uint64_t>& journaled,
                  std::vector<std::string>* problems) {
  Content content;
  for (const auto& [name, text] : files) {
    if (name.find(".jsonl") == std::string::npos) continue;
    std::istringstream lines(text);
    uint64_t last = 0;
    for (std::string line; std::getline(lines, line);) {
      const boost::json::value change = boost::json::parse(line);
      const auto epoch = static_cast<uint64_t>(change.at("epoch").as_int64());
      if (epoch < last) problems->push_back(StrCat("epochs of ", name, " go back"));
      if (!journaled.contains(epoch)) problems->push_back(StrCat(name, ": epoch ", epoch, " is not in the journal"));
      last = epoch;
      AddContent({{RowText(change.at("row")), change.at("weight").as_int64()}}, &content);
    }
  }
  return content;
}

}  // namespace freshet
