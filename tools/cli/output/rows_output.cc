// Rows come as NDJSON, which says whether it is whole, page by page of one epoch; only CSV is passed on as the server
// writes it.
#include "tools/cli/output/rows_output.h"

#include <optional>

#include "engine/base/str_cat.h"
#include "tools/cli/client/http_problem.h"
#include "tools/cli/output/json_members.h"
#include "tools/cli/output/table.h"

namespace freshet {
namespace {

// Takes lines `{"row":{...},"errors":{...}}` and at last `{"end":{}}` or `{"error":{}}`.
class LinePrinter {
 public:
  LinePrinter(const RowsToPrint& rows, OutputFormat format) : rows_(rows), format_(format) {}

  // False: no further lines are wanted.
  bool TakePart(std::string_view part) {
    rest_.append(part);
    size_t begin = 0;
    for (size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      if (!TakeLine(std::string_view(rest_).substr(begin, end - begin))) return false;
    }
    rest_.erase(0, begin);
    return true;
  }

  absl::StatusOr<PrintedRows> End() {
    if (table_) table_->Flush();
    if (failure_) return *failure_;
    if (!ended_) return absl::DataLossError("the server broke the answer off");
    return printed_;
  }

 private:
  bool TakeLine(std::string_view line) {
    std::vector<JsonMember> members = SplitObject(line);
    if (members.empty()) return true;
    if (members[0].key == "error") {
      failure_ = ProblemStatus(0, members[0].text);
      return false;
    }
    if (members[0].key == "end") {
      ended_ = true;
      return false;
    }
    if (members[0].key != "row") return true;
    if (rows_.limit > 0 && printed_.rows == rows_.limit) {
      printed_.more = ended_ = true;
      return false;
    }
    ++printed_.rows;
    if (members.size() > 1 && members[1].key == "errors") ++printed_.rows_with_errors;
    return PrintRow(members[0].text);
  }

  bool PrintRow(std::string_view row) {
    bool taken = true;
    switch (format_) {
      case OutputFormat::kTable:
        AddToTable(row);
        break;
      case OutputFormat::kYaml:
        taken = PrintText(YamlOf(row));
        break;
      case OutputFormat::kJson:
      case OutputFormat::kCsv:
        taken = PrintText(rows_.in_view.empty() ? StrCat(row, "\n")
                                                : StrCat("{\"view\":\"", rows_.in_view, "\",\"row\":", row, "}\n"));
        break;
    }
    if (!taken) failure_ = absl::AbortedError("standard output takes no more");
    return taken;
  }

  void AddToTable(std::string_view row) {
    std::vector<std::string> names, cells;
    for (const JsonMember& member : SplitObject(row)) {
      if (!table_) names.push_back(member.key);
      cells.push_back(CellText(member.text));
    }
    if (!table_) table_.emplace(std::move(names));
    table_->Add(std::move(cells));
  }

  static std::string YamlOf(std::string_view row) {
    std::string text;
    for (const JsonMember& member : SplitObject(row)) {
      StrAppend(&text, text.empty() ? "- " : "  ", member.key, ": ", member.text, "\n");
    }
    return text;
  }

  const RowsToPrint& rows_;
  const OutputFormat format_;
  std::string rest_;
  std::optional<Table> table_;
  PrintedRows printed_;
  std::optional<absl::Status> failure_;
  bool ended_ = false;
};

// Counts records by line ends outside of quotes, to stop at the limit.
class CsvPrinter {
 public:
  explicit CsvPrinter(uint64_t limit) : limit_(limit) {}

  bool TakePart(std::string_view part) {
    for (size_t i = 0; i < part.size(); ++i) {
      if (part[i] == '"') quoted_ = !quoted_;
      if (part[i] != '\n' || quoted_) continue;
      if (++lines_ != limit_ + 1 || limit_ == 0) continue;
      PrintText(part.substr(0, i + 1));
      return false;
    }
    return PrintText(part);
  }
  PrintedRows End() const { return {.rows = lines_ == 0 ? 0 : lines_ - 1}; }

 private:
  const uint64_t limit_;
  uint64_t lines_ = 0;  // with the header
  bool quoted_ = false;
};

}  // namespace

absl::StatusOr<PrintedRows> PrintRows(const HttpClient& http, const RowsToPrint& rows, OutputFormat format) {
  auto parameters = rows.parameters;
  parameters.emplace_back("format", format == OutputFormat::kCsv ? "csv" : "ndjson");
  std::string target = StrCat(rows.target, QueryText(parameters));
  if (format == OutputFormat::kCsv) {
    CsvPrinter printer(rows.limit);
    absl::Status status = http.Stream(target, [&](std::string_view part) { return printer.TakePart(part); });
    if (!status.ok()) return status;
    return printer.End();
  }
  LinePrinter printer(rows, format);
  absl::Status status = http.Stream(target, [&](std::string_view part) { return printer.TakePart(part); });
  if (!status.ok()) return status;
  return printer.End();
}

}  // namespace freshet
