#include "tools/cli/commands/tail_command.h"

#include <cstdio>
#include <optional>

#include "engine/base/str_cat.h"
#include "tools/cli/client/changes_client.h"
#include "tools/cli/output/table.h"

namespace freshet {
namespace {

std::string TargetOf(const std::string& pipeline, const std::string& view) {
  return StrCat(PipelinePath(pipeline), "/views/", PercentEncode(view), "/changes");
}

std::string_view TextOf(const std::vector<JsonMember>& members, std::string_view key) {
  for (const JsonMember& member : members) {
    if (member.key == key) return member.text;
  }
  return {};
}

// Shows changes to people: the epoch, what it does to the row, the row.
class ChangesTable {
 public:
  void Print(const std::vector<JsonMember>& line) {
    const std::string epoch(TextOf(line, "epoch"));
    for (std::string_view change : SplitArray(TextOf(line, "changes"))) {
      std::vector<JsonMember> members = SplitObject(change);
      std::string_view weight = TextOf(members, "weight");
      std::string sign = weight.empty()          ? ""
                         : weight == "1"         ? "+"
                         : weight == "-1"        ? "-"
                         : weight.front() == '-' ? std::string(weight)
                                                 : StrCat("+", weight);
      std::string_view row = TextOf(members, "row");
      if (weight.empty()) sign = row == "null" ? "gone" : "is";
      PrintRow(epoch, sign, SplitObject(row == "null" ? TextOf(members, "key") : row));
    }
    if (table_) table_->Flush();
  }

 private:
  void PrintRow(const std::string& epoch, const std::string& sign, const std::vector<JsonMember>& row) {
    if (columns_.empty() || row.size() > columns_.size()) {  // a key that is gone comes before the first row
      columns_.clear();
      std::vector<std::string> titles = {"epoch", ""};
      for (const JsonMember& member : row) {
        columns_.push_back(member.key);
        titles.push_back(member.key);
      }
      if (table_) table_->Flush();
      table_.emplace(titles);
    }
    std::vector<std::string> cells = {epoch, sign};
    for (const std::string& column : columns_) {
      std::string_view text = TextOf(row, column);
      cells.push_back(text.empty() ? "" : CellText(text));
    }
    table_->Add(std::move(cells));
  }

  std::vector<std::string> columns_;
  std::optional<Table> table_;
};

}  // namespace

absl::Status Tail(const Session& session, const TailOptions& options) {
  if (session.format() != OutputFormat::kTable && session.format() != OutputFormat::kJson) {
    return WrongUseError("tail prints -o table or -o json");
  }
  absl::StatusOr<Server> server = ConnectTo(session);
  if (!server.ok()) return server.status();
  ChangesClient client(server->http, TargetOf(options.pipeline, options.view),
                       {{"from", options.from}, {"envelope", options.envelope}, {"format", "ndjson"}});
  ChangesTable table;
  return client.Follow([&](std::string_view line, const std::vector<JsonMember>& members) {
    if (TextOf(members, "changes").empty()) return std::ferror(stdout) == 0;  // a progress mark
    if (session.format() == OutputFormat::kTable) {
      table.Print(members);
    } else if (!PrintText(StrCat(line, "\n"))) {
      return false;
    }
    return std::fflush(stdout) == 0;
  });
}

absl::Status WaitForChange(const HttpClient& http, const std::string& pipeline, const std::string& view,
                           std::string* token) {
  const bool only_place = token->empty();
  ChangesClient client(http, TargetOf(pipeline, view), {{"from", "now"}, {"format", "ndjson"}}, *token);
  absl::Status status = client.Follow([&](std::string_view, const std::vector<JsonMember>& members) {
    if (only_place) return TextOf(members, "id").empty();
    return TextOf(members, "changes").empty();
  });
  *token = client.token();
  return status;
}

}  // namespace freshet
