// Reads results from the server over HTTP.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace freshet {

class HttpClient {
 public:
  // `address`: host:port.
  explicit HttpClient(std::string address) : address_(std::move(address)) {}

  // The body of a 2xx answer. Error: the server's problem with its code, or unreachable.
  absl::StatusOr<std::string> Get(const std::string& target) const;
  // Sends a body. As Get; UNAVAILABLE also where it is not known whether the request arrived.
  absl::StatusOr<std::string> Post(const std::string& target,
                                   const std::vector<std::pair<std::string, std::string>>& headers,
                                   const std::string& body) const;
  // Hands the body on part by part, until `take` returns false.
  absl::Status Stream(const std::string& target, const std::function<bool(std::string_view)>& take,
                      const std::vector<std::pair<std::string, std::string>>& headers = {}) const;

 private:
  const std::string address_;
};

// `/v1/pipelines/a%20b/status`: each segment that stands at an odd place is encoded by the caller with this.
std::string PercentEncode(std::string_view text);
// `?a=1&b=2`, encoded; empty without parameters.
std::string QueryText(const std::vector<std::pair<std::string, std::string>>& parameters);

}  // namespace freshet
