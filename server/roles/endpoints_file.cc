#include "server/roles/endpoints_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "fmt/format.h"

namespace freshet {

absl::Status WriteEndpoints(const std::string& path, const Endpoints& endpoints) {
  std::string beside = path + ".new";
  std::ofstream file(beside, std::ios::trunc);
  file << fmt::format("{{\"http\":\"{}\",\"grpc\":\"{}\"}}\n", endpoints.http, endpoints.grpc);
  file.close();
  if (!file || std::rename(beside.c_str(), path.c_str()) != 0) {
    return absl::UnavailableError(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  }
  return absl::OkStatus();
}

}  // namespace freshet
