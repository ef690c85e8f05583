#include "tools/cli/commands/rows_commands.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "tools/cli/commands/json_answer.h"
#include "tools/cli/commands/pipeline_text.h"
#include "tools/cli/commands/tail_command.h"
#include "tools/cli/output/progress.h"
#include "tools/cli/output/rows_output.h"
#include "tools/cli/output/table.h"

namespace freshet {
namespace {

namespace json = boost::json;

// Up to here the server is asked for so many rows; above, for all, and what is too much is not read.
constexpr uint64_t kPageRowsMax = 10'000;
constexpr uint64_t kDeadLettersPage = 1000;

// A key may be given without JSON's quotes where it is no JSON.
std::string KeyText(const std::string& key) {
  boost::system::error_code error;
  json::parse(key, error);
  return error ? json::serialize(json::value(key)) : key;
}

RowsToPrint RequestOf(const RowsOptions& options, const char* kind) {
  RowsToPrint rows;
  rows.target = StrCat(PipelinePath(options.pipeline), "/", kind, "/", PercentEncode(options.relation), "/rows");
  for (const std::string& key : options.keys) rows.parameters.emplace_back("key", KeyText(key));
  auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) rows.parameters.emplace_back(name, value);
  };
  add("where", options.where);
  add("order", options.order);
  add("epoch", options.epoch);
  add("at_least", options.at_least);
  if (!options.all) rows.limit = options.limit;
  // One more than wanted tells whether there are more.
  if (!options.all && options.limit < kPageRowsMax) rows.parameters.emplace_back("limit", StrCat(options.limit + 1));
  return rows;
}

void SayWhatIsLeft(const PrintedRows& printed, OutputFormat format) {
  if (format == OutputFormat::kTable) {
    PrintText(StrCat("(", GroupedNumber(printed.rows), printed.rows == 1 ? " row)\n" : " rows)\n"));
  }
  if (printed.more) std::fputs("there are more rows: --limit N, --all\n", stderr);
  if (printed.rows_with_errors > 0) {
    std::fprintf(stderr,
                 "%s rows have values that failed to compute, shown as null; GET .../rows names each in `errors`\n",
                 GroupedNumber(printed.rows_with_errors).c_str());
  }
}

std::string CsvField(const std::string& text) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

constexpr const char* kLetterFields[] = {"table", "source", "partition", "position",
                                         "epoch", "code",   "message",   "record"};

std::vector<std::string> LetterCells(const json::object& letter) {
  std::vector<std::string> cells;
  for (const char* field : kLetterFields) {
    const json::value* value = letter.if_contains(field);
    bool number = value != nullptr && value->is_number();
    cells.push_back(number ? StrCat(NumberOf(letter, field)) : TextOf(letter, field));
  }
  return cells;
}

class LetterPrinter {
 public:
  explicit LetterPrinter(OutputFormat format) : format_(format) {
    if (format == OutputFormat::kTable)
      table_.emplace(std::vector<std::string>(std::begin(kLetterFields), std::end(kLetterFields)));
    if (format == OutputFormat::kCsv)
      PrintCsv(std::vector<std::string>(std::begin(kLetterFields), std::end(kLetterFields)));
  }

  void Print(const json::object& letter) {
    switch (format_) {
      case OutputFormat::kTable:
        return table_->Add(LetterCells(letter));
      case OutputFormat::kCsv:
        return PrintCsv(LetterCells(letter));
      case OutputFormat::kJson:
        return PrintValue(letter, OutputFormat::kJson);
      case OutputFormat::kYaml:
        return PrintValue(json::array{letter}, OutputFormat::kYaml);
    }
  }

  void End() {
    if (table_) table_->Flush();
  }

 private:
  static void PrintCsv(const std::vector<std::string>& cells) {
    std::string line;
    for (const std::string& cell : cells) StrAppend(&line, line.empty() ? "" : ",", CsvField(cell));
    PrintText(line + "\r\n");
  }

  const OutputFormat format_;
  std::optional<Table> table_;
};

// So often at most.
constexpr auto kWatchInterval = std::chrono::milliseconds(500);

absl::Status WatchRows(const Session& session, const RowsOptions& options, const Server& server) {
  const bool screen = ::isatty(STDOUT_FILENO) == 1;
  std::string token;
  for (bool first = true;; first = false) {
    if (absl::Status status = WaitForChange(server.http, options.pipeline, options.relation, &token); !status.ok()) {
      if (CodeOf(status) != ErrorCode::kEpochGone) return status;
      token.clear();  // too far behind to know what changed: looks again
      continue;
    }
    if (screen) PrintText("\x1b[H\x1b[2J");
    if (!screen && !first && session.format() == OutputFormat::kTable) PrintText("\n");
    absl::StatusOr<PrintedRows> printed = PrintRows(server.http, RequestOf(options, "views"), session.format());
    if (!printed.ok()) return printed.status();
    SayWhatIsLeft(*printed, session.format());
    if (std::fflush(stdout) != 0) return absl::OkStatus();  // nobody reads it any more
    std::this_thread::sleep_for(kWatchInterval);
  }
}

}  // namespace

absl::Status ShowRows(const Session& session, const RowsOptions& options) {
  absl::StatusOr<Server> server = ConnectTo(session);
  if (!server.ok()) return server.status();
  if (options.watch) return WatchRows(session, options, *server);
  RowsToPrint rows = RequestOf(options, "views");
  // The server counts CSV by pages too, but tells nothing of what follows.
  absl::StatusOr<PrintedRows> printed = PrintRows(server->http, rows, session.format());
  if (absl::IsNotFound(printed.status()) || ExitCodeOf(printed.status()) == ExitCode::kNotFound) {
    absl::StatusOr<PrintedRows> of_table = PrintRows(server->http, RequestOf(options, "tables"), session.format());
    if (of_table.ok() || !absl::IsNotFound(of_table.status())) printed = std::move(of_table);
  }
  if (!printed.ok()) return printed.status();
  SayWhatIsLeft(*printed, session.format());
  return absl::OkStatus();
}

absl::Status ShowDeadLetters(const Session& session, const DeadLettersOptions& options) {
  absl::StatusOr<Server> server = ConnectTo(session);
  if (!server.ok()) return server.status();
  LetterPrinter printer(session.format());
  uint64_t left = options.limit;
  std::string token;
  do {
    std::vector<std::pair<std::string, std::string>> parameters = {{"limit", StrCat(std::min(left, kDeadLettersPage))}};
    if (!token.empty()) parameters.emplace_back("page_token", token);
    absl::StatusOr<json::object> page =
        GetObject(server->http, StrCat(PipelinePath(options.pipeline), "/dead-letters", QueryText(parameters)));
    if (!page.ok()) return page.status();
    for (const json::value& letter : ArrayOf(*page, "dead_letters")) {
      printer.Print(letter.as_object());
      if (--left == 0) break;
    }
    token = TextOf(*page, "next_page_token");
  } while (!token.empty() && left > 0);
  printer.End();
  if (!token.empty()) std::fputs("there are more dead letters: --limit N\n", stderr);
  return absl::OkStatus();
}

}  // namespace freshet
