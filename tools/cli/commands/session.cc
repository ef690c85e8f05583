#include "tools/cli/commands/session.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "engine/base/str_cat.h"

namespace freshet {

absl::StatusOr<Server> ConnectTo(const Session& session) {
  size_t colon = session.address.rfind(':');
  uint32_t port = 0;
  bool has_port = colon != std::string::npos && absl::SimpleAtoi(session.address.substr(colon + 1), &port) &&
                  port > 0 && port < 65536;
  if (!has_port || colon == 0 || session.address.find("://") != std::string::npos) {
    return WrongUseError(StrCat("--address takes host:port, not '", session.address, "'"));
  }
  absl::StatusOr<std::unique_ptr<ControlClient>> control = ControlClient::Connect(session.address);
  if (!control.ok()) return control.status();
  std::string http_address = (*control)->http_address();
  return Server{*std::move(control), HttpClient(std::move(http_address))};
}

std::string PipelinePath(const std::string& id) { return StrCat("/v1/pipelines/", PercentEncode(id)); }

}  // namespace freshet
