// CLI11 stands in this file alone: each command gets its options as a struct.
#include "tools/cli/command_line.h"

#include <signal.h>

#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "engine/base/str_cat.h"
#include "tools/cli/commands/definition_commands.h"
#include "tools/cli/commands/ingest_command.h"
#include "tools/cli/commands/pipeline_commands.h"
#include "tools/cli/commands/rows_commands.h"
#include "tools/cli/commands/run_command.h"
#include "tools/cli/commands/tail_command.h"
#include "tools/cli/output/error_text.h"

namespace freshet {
namespace {

using Action = std::function<absl::Status()>;

struct Commands {
  CLI::App app{"freshet: pipelines whose answers stay fresh", "freshet"};
  Session session;
  Action action;
  ApplyOptions apply;
  ValidateOptions validate;
  ExplainOptions explain;
  RowsOptions rows;
  TailOptions tail;
  DeadLettersOptions dead_letters;
  IngestOptions ingest;
  RunOptions run;
  std::string pipeline;
  bool wait = false;
};

// A command that runs `action` once the whole line is read.
CLI::App* Add(Commands& commands, const std::string& name, const std::string& doc, const std::string& example,
              Action action) {
  CLI::App* command = commands.app.add_subcommand(name, doc);
  command->fallthrough();  // --address and -o may stand behind the command
  command->footer("Example:\n  " + example);
  command->callback([&commands, action = std::move(action)] { commands.action = action; });
  return command;
}

CLI::App* AddNamed(Commands& commands, const std::string& name, const std::string& doc, const std::string& example,
                   Action action) {
  CLI::App* command = Add(commands, name, doc, example, std::move(action));
  command->add_option("pipeline", commands.pipeline, "The pipeline's name")->required();
  return command;
}

void AddFiles(CLI::App* command, std::vector<std::string>* files, bool required) {
  CLI::Option* option =
      command
          ->add_option("-f,--file", *files,
                       "Definition file (YAML, JSON or SQL; - is standard input); later ones replace tables' sources")
          ->allow_extra_args(false)
          ->type_name("FILE");
  if (required) option->required();
}

void AddDefinitionCommands(Commands& c) {
  CLI::App* apply =
      Add(c, "apply", "Creates or updates a pipeline, and starts it",
          "freshet apply -f flights.yaml -f flights-kafka.yaml --wait\n  freshet apply -f flights.sql --wait",
          [&c] { return Apply(c.session, c.apply); });
  AddFiles(apply, &c.apply.files, true);
  apply->add_option("--name", c.apply.name, "The pipeline's name; else the definition's, else the file's");
  apply->add_flag("--wait", c.apply.wait, "Waits until the first fill is committed");

  CLI::App* validate = Add(c, "validate", "Checks a definition and creates nothing", "freshet validate -f flights.yaml",
                           [&c] { return Validate(c.session, c.validate); });
  AddFiles(validate, &c.validate.files, true);

  CLI::App* explain = Add(c, "explain", "Shows the plan of a pipeline or of a definition",
                          "freshet explain flights\n  freshet explain -f flights.yaml -o json",
                          [&c] { return Explain(c.session, c.explain); });
  explain->add_option("pipeline", c.explain.pipeline, "The pipeline's name");
  AddFiles(explain, &c.explain.files, false);
}

void AddPipelineCommands(Commands& c) {
  AddNamed(c, "get", "Shows a pipeline with its definition", "freshet get flights -o yaml",
           [&c] { return GetPipeline(c.session, c.pipeline); });
  Add(c, "list", "Lists all pipelines", "freshet list -o json", [&c] { return ListPipelines(c.session); });
  AddNamed(c, "delete", "Deletes a pipeline with its state", "freshet delete flights",
           [&c] { return DeletePipeline(c.session, c.pipeline); });
  CLI::App* start = AddNamed(c, "start", "Starts a stopped or failed pipeline", "freshet start flights --wait",
                             [&c] { return StartPipeline(c.session, c.pipeline, c.wait); });
  start->add_flag("--wait", c.wait, "Waits until the first fill is committed");
  AddNamed(c, "stop", "Stops a pipeline; its definition stays", "freshet stop flights",
           [&c] { return StopPipeline(c.session, c.pipeline); });
  AddNamed(c, "status", "Shows what a pipeline does now: load, sources, views, shards", "freshet status flights",
           [&c] { return ShowStatus(c.session, c.pipeline); });
}

void AddRowsCommands(Commands& c) {
  CLI::App* rows = Add(c, "rows", "Shows rows of a materialized view or table, all of one epoch",
                       "freshet rows flights by_route --key '[\"JFK\",\"LAX\"]'\n"
                       "  freshet rows flights by_carrier --where 'flights > 5000' --order '-dep_delay' --limit 5\n"
                       "  freshet rows flights by_day --all -o csv\n"
                       "  freshet rows flights by_carrier --order '-dep_delay' --limit 5 --watch",
                       [&c] { return ShowRows(c.session, c.rows); });
  rows->add_option("pipeline", c.rows.pipeline, "The pipeline's name")->required();
  rows->add_option("view", c.rows.relation, "A materialized view or table")->required();
  rows->add_option("--key", c.rows.keys, "A key as JSON, an array for several columns; may repeat")
      ->allow_extra_args(false);
  rows->add_option("--where", c.rows.where, "An SQL expression over the columns");
  rows->add_option("--order", c.rows.order, "Columns, as in 'a, b desc nulls last' or '-b'");
  CLI::Option* limit = rows->add_option("--limit", c.rows.limit, "Rows at most")
                           ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 40))
                           ->capture_default_str();
  rows->add_flag("--all", c.rows.all, "All rows, page by page of one epoch")->excludes(limit);
  rows->add_flag("--watch", c.rows.watch, "Prints the rows of the view anew whenever it has changed");
  rows->add_option("--epoch", c.rows.epoch, "Exactly this committed epoch");
  rows->add_option("--at-least", c.rows.at_least,
                   "Waits until the view covers this epoch, or the rows of this ingest token");

  CLI::App* tail = Add(c, "tail", "Follows the changes of a view as they come, whole epochs",
                       "freshet tail flights by_carrier\n"
                       "  freshet tail flights by_day --from snapshot --envelope upsert -o json\n"
                       "  freshet tail flights by_carrier --from 1234 -o json",
                       [&c] { return Tail(c.session, c.tail); });
  tail->add_option("pipeline", c.tail.pipeline, "The pipeline's name")->required();
  tail->add_option("view", c.tail.view, "A materialized view")->required();
  tail->add_option("--from", c.tail.from,
                   "now, snapshot (the rows there are, then what changes them), or an epoch: what changed after it")
      ->capture_default_str();
  tail->add_option("--envelope", c.tail.envelope,
                   "changes (rows with weights) or upsert (the last row of each key; needs a unique key)")
      ->check(CLI::IsMember({"changes", "upsert"}))
      ->capture_default_str();

  CLI::App* letters = Add(c, "dead-letters", "Shows input records that could not be used, and why",
                          "freshet dead-letters flights --limit 20 -o json",
                          [&c] { return ShowDeadLetters(c.session, c.dead_letters); });
  letters->add_option("pipeline", c.dead_letters.pipeline, "The pipeline's name")->required();
  letters->add_option("--limit", c.dead_letters.limit, "Dead letters at most")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 40))
      ->capture_default_str();
}

void AddIngestCommand(Commands& c) {
  CLI::App* ingest =
      Add(c, "ingest", "Sends rows of a file or of standard input into a table",
          "freshet ingest shop orders orders.csv\n"
          "  tail -f orders.ndjson | freshet ingest shop orders - --chunk-bytes 65536\n"
          "  freshet ingest shop orders day.ndjson --key day-1   # may be begun again: nothing is doubled",
          [&c] { return IngestFile(c.session, c.ingest); });
  ingest->add_option("pipeline", c.ingest.pipeline, "The pipeline's name")->required();
  ingest->add_option("table", c.ingest.table, "A table that is filled over HTTP")->required();
  ingest->add_option("file", c.ingest.file, "The rows; - is standard input")->capture_default_str();
  ingest
      ->add_option("--format", c.ingest.format,
                   "ndjson, json (an array) or csv (with a header); else by the file's name")
      ->check(CLI::IsMember({"ndjson", "json", "csv"}));
  ingest->add_option("--key", c.ingest.key, "Names this transfer: begun again with the same key, nothing is doubled");
  ingest->add_flag("--wait", c.ingest.wait, "Waits until the rows are visible; else until they are durable");
  ingest->add_option("--chunk-bytes", c.ingest.chunk_bytes, "Bytes of a request")
      ->check(CLI::Range(uint64_t{1}, uint64_t{16} << 20))
      ->capture_default_str();
  ingest->add_option("--retry-seconds", c.ingest.retry_seconds, "How long an unreachable or busy server is tried again")
      ->capture_default_str();
}

void AddRunCommand(Commands& c) {
  CLI::App* run = Add(c, "run", "Runs a definition over static sources to its end, without a server",
                      "freshet run words.yaml -o csv\n"
                      "  freshet run flights.sql -o csv\n"
                      "  freshet run flights.yaml --view by_day --shards 2 -o json\n"
                      "  freshet run flights.sql --query \"SELECT carrier, n FROM late ORDER BY n DESC LIMIT 3\"",
                      [&c] { return RunBatch(c.session, c.run); });
  run->add_option("file", c.run.file, "The definition")->required()->type_name("FILE");
  AddFiles(run, &c.run.overlays, false);
  run->add_option("--view", c.run.views, "Prints this view; may repeat; else all materialized ones")
      ->allow_extra_args(false);
  run->add_option("--data-dir", c.run.data_dir, "Keeps the data in this folder; else in a temporary one");
  run->add_option("--shards", c.run.shards, "Processes that share the work")->check(CLI::Range(1, 1024));
  run->add_option("--set", c.run.settings, "A setting of the freshetd that it starts, NAME=VALUE; may repeat")
      ->allow_extra_args(false);
  run->add_option("--query", c.run.query, "Computes and prints the rows of this SELECT alone")
      ->type_name("SQL")
      ->excludes("--view");
}

// What the interface describes, but this release has not: refused with its name, whatever its arguments.
void AddUnbuiltCommands(Commands& c) {
  for (const char* name : {"sql", "diff", "checkpoint", "top"}) {
    std::string message = StrCat("freshet ", name, " is not built in this release");
    CLI::App* command = c.app.add_subcommand(name, "Not built in this release");
    command->group("");  // not in the help
    command->allow_extras()->prefix_command();
    command->callback([&c, message] { c.action = [message] { return WrongUseError(message); }; });
  }
}

void AddSessionOptions(Commands& c) {
  static const std::map<std::string, OutputFormat> kFormats = {{"table", OutputFormat::kTable},
                                                               {"json", OutputFormat::kJson},
                                                               {"csv", OutputFormat::kCsv},
                                                               {"yaml", OutputFormat::kYaml}};
  c.app.add_option("--address", c.session.address, "The server's gRPC address, host:port")
      ->envname("FRESHET_ADDRESS")
      ->capture_default_str();
  c.app
      .add_option_function<std::string>(
          "-o,--output", [&c](const std::string& name) { c.session.given_format = kFormats.at(name); },
          "How results are printed")
      ->check(CLI::IsMember({"table", "json", "csv", "yaml"}));
}

}  // namespace

int RunCommandLine(int argument_count, char** arguments) {
  Commands commands;
  CLI::App& app = commands.app;
  app.set_version_flag("--version", FRESHET_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done, 1 failed, 2 wrong use, 3 not found, 4 refused by validation, 5 server not reachable\n"
      "Example:\n  freshet apply -f flights.yaml --wait && freshet rows flights by_carrier");
  AddSessionOptions(commands);
  AddDefinitionCommands(commands);
  AddPipelineCommands(commands);
  AddRowsCommands(commands);
  AddIngestCommand(commands);
  AddRunCommand(commands);
  AddUnbuiltCommands(commands);
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::RequiredError& error) {
    // An unknown command is told as a missing one.
    if (app.get_subcommands().empty() && !app.remaining().empty()) {
      std::fprintf(stderr, "freshet has no command %s\nRun with --help for those that it has.\n",
                   app.remaining().front().c_str());
      return static_cast<int>(ExitCode::kWrongUse);
    }
    app.exit(error);
    return static_cast<int>(ExitCode::kWrongUse);
  } catch (const CLI::ParseError& error) {  // help and version are such, too
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::kWrongUse);
  }
  signal(SIGPIPE, SIG_IGN);  // `| head`: writing fails, and the command ends in order
  absl::Status status = commands.action();
  bool written = std::fflush(stdout) == 0;
  if (!status.ok()) std::fputs(ErrorText(status).c_str(), stderr);
  if (status.ok() && !written) return static_cast<int>(ExitCode::kFailed);
  return static_cast<int>(ExitCodeOf(status));
}

}  // namespace freshet
