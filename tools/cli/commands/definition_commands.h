// apply, validate, explain: what is done with a definition.
#pragma once

#include <string>
#include <vector>

#include "tools/cli/commands/session.h"

namespace freshet {

struct ApplyOptions {
  std::vector<std::string> files;
  std::string name;
  bool wait = false;
};
absl::Status Apply(const Session& session, const ApplyOptions& options);

struct ValidateOptions {
  std::vector<std::string> files;
};
absl::Status Validate(const Session& session, const ValidateOptions& options);

struct ExplainOptions {
  std::vector<std::string> files;
  std::string pipeline;  // instead of files
};
absl::Status Explain(const Session& session, const ExplainOptions& options);

}  // namespace freshet
