// Tells other processes where the daemon serves: D/endpoints.json.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace freshet {

struct Endpoints {
  std::string http;  // host:port
  std::string grpc;
};

// Replaces the file as a whole.
absl::Status WriteEndpoints(const std::string& path, const Endpoints& endpoints);

}  // namespace freshet
