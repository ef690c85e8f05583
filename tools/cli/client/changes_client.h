// Follows a stream of changes over HTTP, and goes on by itself where a connection is lost.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "tools/cli/client/http_client.h"
#include "tools/cli/output/json_members.h"

namespace freshet {

class ChangesClient {
 public:
  // `target`: the path without parameters. `token`: where to go on; empty: as the parameters say.
  ChangesClient(const HttpClient& http, std::string target, std::vector<std::pair<std::string, std::string>> parameters,
                std::string token = {})
      : http_(http), target_(std::move(target)), parameters_(std::move(parameters)), token_(std::move(token)) {}

  // Hands on whole epochs (all their lines at once; those of rows to begin with one by one) and progress marks, each
  // once, until `take` returns false or the stream ends (OK: nothing can follow).
  using Take = std::function<bool(std::string_view line, const std::vector<JsonMember>& members)>;
  absl::Status Follow(const Take& take);

  const std::string& token() const { return token_; }

 private:
  absl::Status FollowOnce(const Take& take);
  bool TakeLine(std::string_view line, const Take& take);

  const HttpClient& http_;
  const std::string target_;
  const std::vector<std::pair<std::string, std::string>> parameters_;
  std::string token_;
  std::string rest_;
  std::vector<std::string> held_;  // lines of an epoch that is not whole
  bool in_snapshot_ = false;
  bool stopped_ = false;  // by `take`
  bool ended_ = false;
  bool moved_ = false;  // since the connection was made
  absl::Status failure_;
};

}  // namespace freshet
