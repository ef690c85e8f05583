// Reads the command line of freshetd.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/settings/settings.h"
#include "server/shard/shard_process.h"

namespace freshet {

struct CommandLine {
  // The daemon, with settings from defaults, file and command line; or one shard of it.
  Settings settings;
  std::optional<ShardProcessOptions> shard;
  // Text to print instead of running anything (help, version).
  std::optional<std::string> print;
};

// Error: what is wrong, for standard error.
absl::StatusOr<CommandLine> ReadCommandLine(int argc, const char* const* argv);

}  // namespace freshet
