// get, list, delete, start, stop, status: one pipeline or all.
#pragma once

#include <string>

#include "tools/cli/commands/session.h"

namespace freshet {

absl::Status GetPipeline(const Session& session, const std::string& pipeline);
absl::Status ListPipelines(const Session& session);
absl::Status DeletePipeline(const Session& session, const std::string& pipeline);
absl::Status StartPipeline(const Session& session, const std::string& pipeline, bool wait);
absl::Status StopPipeline(const Session& session, const std::string& pipeline);
absl::Status ShowStatus(const Session& session, const std::string& pipeline);

}  // namespace freshet
