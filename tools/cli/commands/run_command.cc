#include "tools/cli/commands/run_command.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "engine/base/str_cat.h"
#include "tools/cli/commands/json_answer.h"
#include "tools/cli/commands/pipeline_text.h"
#include "tools/cli/daemon/private_daemon.h"
#include "tools/cli/definition_files.h"
#include "tools/cli/output/progress.h"
#include "tools/cli/output/rows_output.h"
#include "tools/cli/wait_for_pipeline.h"

namespace freshet {
namespace {

namespace json = boost::json;

constexpr char kQueryView[] = "query_result";

void AddFile(v1::Definition* definition, const char* name, v1::DefinitionFile::Language language, std::string text) {
  v1::DefinitionFile& file = *definition->add_files();
  file.set_name(name);
  file.set_language(language);
  file.set_text(std::move(text));
}

absl::StatusOr<v1::Definition> DefinitionToRun(const RunOptions& options) {
  std::vector<std::string> files = {options.file};
  files.insert(files.end(), options.overlays.begin(), options.overlays.end());
  absl::StatusOr<v1::Definition> definition = ReadDefinitionFiles(files);
  if (!definition.ok()) return definition;
  std::vector<std::string> follows = OutlineOf(*definition).follows;
  if (!follows.empty()) {
    return WrongUseError(StrCat("run ends when all sources have ended, but a source of the table ", follows[0],
                                " follows for ever: set mode: static on it, or use freshet apply"));
  }
  // Nobody looks before the end, and nothing is kept for a later start: one epoch, whose changes are the rows.
  if (options.data_dir.empty() && !OutlineOf(*definition).bounds_load_epochs) {
    AddFile(&*definition, "run", v1::DefinitionFile::YAML,
            "options: {load_epoch_max_rows: 1000000000000, load_epoch_max_bytes: 1000000000000000}\n");
  }
  if (options.shards > 0) {
    AddFile(&*definition, "--shards", v1::DefinitionFile::YAML, StrCat("options: {shards: ", options.shards, "}\n"));
  }
  if (!options.query.empty()) {
    // On a line of its own, so that errors show it as it was written.
    AddFile(&*definition, "--query", v1::DefinitionFile::SQL,
            StrCat("CREATE MATERIALIZED VIEW ", kQueryView, " AS\n", options.query));
    AddFile(&*definition, "--query", v1::DefinitionFile::YAML, StrCat("only: ", kQueryView, "\n"));
  }
  return definition;
}

absl::StatusOr<v1::Pipeline> Fill(ControlClient& control, v1::Definition definition) {
  v1::UpdatePipelineRequest request;
  request.mutable_pipeline()->set_name(StrCat("pipelines/", OutlineOf(definition).name));
  request.mutable_pipeline()->set_desired_state(v1::Pipeline::STARTED);
  *request.mutable_pipeline()->mutable_definition() = std::move(definition);
  request.mutable_update_mask()->add_paths("definition");
  request.mutable_update_mask()->add_paths("desired_state");
  request.set_allow_missing(true);
  absl::StatusOr<v1::Pipeline> pipeline = control.Update(request);
  if (!pipeline.ok()) return pipeline;
  return WaitForPipeline(control, *pipeline, WaitUntil::kCompleted);
}

// The materialized views in the definition's order, or those asked for.
absl::StatusOr<std::vector<std::string>> ViewsToPrint(const HttpClient& http, const std::string& path,
                                                      const std::vector<std::string>& asked) {
  absl::StatusOr<json::object> answer = GetObject(http, StrCat(path, "/views"));
  if (!answer.ok()) return answer.status();
  std::vector<std::string> views;
  for (const json::value& view : ArrayOf(*answer, "views")) {
    const json::value* materialized = view.as_object().if_contains("materialized");
    if (materialized != nullptr && materialized->is_bool() && materialized->get_bool()) {
      views.push_back(TextOf(view.as_object(), "name"));
    }
  }
  if (views.empty()) return WrongUseError("no view is materialized, so there is nothing to print");
  for (const std::string& view : asked) {
    if (std::find(views.begin(), views.end(), view) == views.end()) {
      return WrongUseError(StrCat("--view ", view, ": no materialized view has this name"));
    }
  }
  return asked.empty() ? views : asked;
}

absl::Status PrintViews(const HttpClient& http, const std::string& path, const std::vector<std::string>& views,
                        OutputFormat format) {
  for (size_t i = 0; i < views.size(); ++i) {
    RowsToPrint rows;
    rows.target = StrCat(path, "/views/", PercentEncode(views[i]), "/rows");
    bool several = views.size() > 1;
    if (several && format == OutputFormat::kJson) rows.in_view = views[i];
    if (several && i > 0 && format != OutputFormat::kJson) PrintText("\n");
    if (several && format != OutputFormat::kJson && format != OutputFormat::kCsv) PrintText(views[i] + ":\n");
    absl::StatusOr<PrintedRows> printed = PrintRows(http, rows, format);
    if (!printed.ok()) return printed.status();
    std::fprintf(stderr, "%s: %s rows%s\n", views[i].c_str(), GroupedNumber(printed->rows).c_str(),
                 printed->rows_with_errors == 0
                     ? ""
                     : StrCat(", ", GroupedNumber(printed->rows_with_errors), " of them with values that failed (null)")
                           .c_str());
  }
  return absl::OkStatus();
}

// Shards report about once a second: what they have not told yet is left out, not told as 0.
void PrintSummary(const HttpClient& http, const std::string& path, std::chrono::duration<double> took) {
  absl::StatusOr<json::object> status = GetObject(http, StrCat(path, "/status"));
  bool complete = status.ok();
  uint64_t rows = 0, bytes = 0, dead_letters = 0;
  if (status.ok()) {
    for (const json::value& source : ArrayOf(*status, "sources")) {
      const json::value* finished = source.as_object().if_contains("finished");
      complete = complete && finished != nullptr && finished->is_bool() && finished->get_bool();
      rows += NumberOf(source.as_object(), "rows");
      bytes += NumberOf(source.as_object(), "bytes");
      dead_letters += NumberOf(source.as_object(), "dead_letters");
    }
  }
  if (complete) {
    std::fprintf(stderr, "read %s rows, %s", GroupedNumber(rows).c_str(), ByteText(static_cast<double>(bytes)).c_str());
    if (dead_letters > 0) std::fprintf(stderr, ", %s records could not be used", GroupedNumber(dead_letters).c_str());
    std::fputs("; ", stderr);
  }
  std::fprintf(stderr, "complete after %.1f s\n", took.count());
}

}  // namespace

absl::Status RunBatch(const Session& session, const RunOptions& options) {
  absl::StatusOr<v1::Definition> definition = DefinitionToRun(options);
  if (!definition.ok()) return definition.status();
  auto start = std::chrono::steady_clock::now();
  absl::StatusOr<std::unique_ptr<PrivateDaemon>> daemon = PrivateDaemon::Start(options.data_dir, options.settings);
  if (!daemon.ok()) return daemon.status();
  Session own = session;
  own.address = (*daemon)->grpc_address();
  absl::StatusOr<Server> server = ConnectTo(own);
  if (!server.ok()) return server.status();
  absl::StatusOr<v1::Pipeline> pipeline = Fill(*server->control, *std::move(definition));
  if (!pipeline.ok()) {
    if (ExitCodeOf(pipeline.status()) != ExitCode::kRefused) std::fputs((*daemon)->LogTail().c_str(), stderr);
    return pipeline.status();
  }
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::string path = PipelinePath(pipeline->name().substr(pipeline->name().rfind('/') + 1));
  absl::StatusOr<std::vector<std::string>> views =
      ViewsToPrint(server->http, path, options.query.empty() ? options.views : std::vector<std::string>{kQueryView});
  if (!views.ok()) return views.status();
  absl::Status printed = PrintViews(server->http, path, *views, session.format());
  if (printed.ok()) PrintSummary(server->http, path, took);
  return printed;
}

}  // namespace freshet
