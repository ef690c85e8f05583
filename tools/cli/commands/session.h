// What every command is given.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "tools/cli/client/control_client.h"
#include "tools/cli/client/http_client.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/output/output_format.h"

namespace freshet {

struct Session {
  std::string address = "127.0.0.1:8081";
  std::optional<OutputFormat> given_format;

  OutputFormat format() const { return given_format.value_or(OutputFormat::kTable); }
};

// Both ways to the server.
struct Server {
  std::unique_ptr<ControlClient> control;
  HttpClient http;
};
absl::StatusOr<Server> ConnectTo(const Session& session);

// `/v1/pipelines/p`, encoded.
std::string PipelinePath(const std::string& id);

}  // namespace freshet
