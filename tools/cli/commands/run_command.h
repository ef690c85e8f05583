// run: a batch in one command, by a private freshetd that ends with it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/cli/commands/session.h"

namespace freshet {

struct RunOptions {
  std::string file;
  std::vector<std::string> overlays;  // further files
  std::vector<std::string> views;     // those printed; empty = all materialized ones
  std::string query;                  // only its rows are computed and printed; empty: none
  std::string data_dir;               // kept; empty: a temporary one
  uint32_t shards = 0;                // 0: as the definition says
  std::vector<std::string> settings;  // of the daemon that it starts, NAME=VALUE
};
absl::Status RunBatch(const Session& session, const RunOptions& options);

}  // namespace freshet
