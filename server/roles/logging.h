// Sets up the log on standard error.
#pragma once

#include <string>

namespace freshet {

// `level` as setting log.level has it; `who` stands in each line: "server", "shard 2".
void StartLogging(const std::string& level, const std::string& who);

}  // namespace freshet
