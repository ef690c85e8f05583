#include "server/roles/command_line.h"

#include <CLI/CLI.hpp>
#include <vector>

#include "engine/base/check.h"
#include "engine/functions/function_reference.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "server/roles/version.h"

namespace freshet {
namespace {

// Role `shard`: only freshetd itself calls it.
absl::StatusOr<CommandLine> ReadShard(int argc, const char* const* argv) {
  CommandLine line;
  line.settings = DefaultSettings();
  ShardProcessOptions shard;
  CLI::App app("One shard of a pipeline; started by freshetd.", "freshetd shard");
  app.add_option("--control", shard.control_path)->required();
  app.add_option("--lock", shard.lock_path)->required();
  app.add_option("--pipeline-uid", shard.pipeline_uid)->required();
  app.add_option("--generation", shard.generation)->required();
  app.add_option("--shard", shard.shard)->required();
  app.add_option("--log-level", line.settings.log_level);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return MakeError(ErrorCode::kInvalidRequest, error.what());
  }
  line.shard = std::move(shard);
  return line;
}

absl::Status ApplyAll(const std::string& config, const std::vector<std::pair<std::string, std::string>>& given,
                      Settings* settings) {
  if (!config.empty()) RETURN_IF_ERROR(ReadSettingsFile(config, settings));
  for (const auto& [name, value] : given) {
    if (!value.empty()) RETURN_IF_ERROR(SetSetting(name, value, settings));
  }
  return FinishSettings(settings);
}

}  // namespace

absl::StatusOr<CommandLine> ReadCommandLine(int argc, const char* const* argv) {
  if (argc > 1 && std::string_view(argv[1]) == "shard") return ReadShard(argc - 1, argv + 1);

  CommandLine line;
  line.settings = DefaultSettings();
  std::string config, data_dir, http_address, grpc_address, log_level;
  std::vector<std::string> sets;
  bool help_settings = false;
  bool help_functions = false;
  bool version = false;
  CLI::App app(
      "Keeps the results of pipelines fresh: serves HTTP and gRPC, launches the shards.\n"
      "Example: freshetd --data-dir /var/lib/freshet --http-address 0.0.0.0:8080",
      "freshetd");
  app.add_option("--data-dir", data_dir, "Setting data_dir");
  app.add_option("--http-address", http_address, "Setting http.address; port 0 takes a free one");
  app.add_option("--grpc-address", grpc_address, "Setting grpc.address; port 0 takes a free one");
  app.add_option("--log-level", log_level, "Setting log.level");
  app.add_option("--config", config, "A YAML file of settings");
  app.add_option("--set", sets, "Any setting, as name=value; may repeat")->take_all();
  app.add_flag("--help-settings", help_settings, "Print every setting with its default and bounds");
  app.add_flag("--help-functions", help_functions,
               "Print every SQL function with what it takes and gives, as Markdown");
  app.add_flag("--version", version, "Print the version");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    line.print = app.help();
    return line;
  } catch (const CLI::ParseError& error) {
    return MakeError(ErrorCode::kInvalidRequest, fmt::format("{} (freshetd --help lists the options)", error.what()));
  }
  if (help_settings) line.print = SettingsHelp();
  if (help_functions) line.print = FunctionReference();
  if (version) line.print = fmt::format("freshetd {}\n", kVersion);
  if (line.print) return line;

  std::vector<std::pair<std::string, std::string>> given = {
      {"data_dir", data_dir}, {"http.address", http_address}, {"grpc.address", grpc_address}, {"log.level", log_level}};
  for (const std::string& set : sets) {
    size_t equals = set.find('=');
    if (equals == std::string::npos || equals + 1 == set.size()) {
      return MakeError(ErrorCode::kInvalidSetting, fmt::format("--set takes name=value, not '{}'", set));
    }
    given.emplace_back(set.substr(0, equals), set.substr(equals + 1));
  }
  RETURN_IF_ERROR(ApplyAll(config, given, &line.settings));
  return line;
}

}  // namespace freshet
