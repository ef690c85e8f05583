// freshetd: the server, or one of its shards.
#include <cstdio>

#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/roles/command_line.h"
#include "server/roles/cpu_check.h"
#include "server/roles/logging.h"
#include "server/roles/standalone.h"

int main(int argc, char** argv) {
  // Names the file, so that its check, which has run by now, is linked.
  if (!freshet::MissingCpuLevel(freshet::BuiltForCpuLevel()).empty()) return 1;
  auto line = freshet::ReadCommandLine(argc, argv);
  if (!line.ok()) {
    fmt::print(stderr, "freshetd: {}\n", freshet::StdView(line.status().message()));
    return 2;
  }
  if (line->print) {
    fmt::print("{}", *line->print);
    return 0;
  }
  if (line->shard) {
    freshet::StartLogging(line->settings.log_level, fmt::format("shard {}", line->shard->shard));
    return freshet::RunShardProcess(*line->shard);
  }
  freshet::StartLogging(line->settings.log_level, "server");
  return freshet::RunStandalone(line->settings);
}
