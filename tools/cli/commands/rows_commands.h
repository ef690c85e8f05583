// rows, dead-letters: what a pipeline holds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/cli/commands/session.h"

namespace freshet {

struct RowsOptions {
  std::string pipeline;
  std::string relation;           // a materialized view or table
  std::vector<std::string> keys;  // JSON values, arrays for several key columns
  std::string where;
  std::string order;
  uint64_t limit = 100;
  bool all = false;  // instead of a limit
  std::string epoch, at_least;
  bool watch = false;  // prints them anew whenever the view has changed
};
absl::Status ShowRows(const Session& session, const RowsOptions& options);

struct DeadLettersOptions {
  std::string pipeline;
  uint64_t limit = 100;
};
absl::Status ShowDeadLetters(const Session& session, const DeadLettersOptions& options);

}  // namespace freshet
