#include "server/control/call_runner.h"

#include <chrono>
#include <optional>
#include <utility>

#include "engine/base/str_cat.h"
#include "server/control/call_status.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

using Clock = std::chrono::steady_clock;

std::string StatusName(const absl::Status& status) { return absl::StatusCodeToString(status.code()); }

}  // namespace

grpc::ServerUnaryReactor* CallRunner::Run(grpc::CallbackServerContext* context, const char* method,
                                          std::function<absl::Status()> work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto start = Clock::now();
  bool taken = workers_.TryPost([this, context, reactor, method, start, work = std::move(work)] {
    absl::Status status = context->IsCancelled() ? absl::CancelledError("the client has gone") : work();
    metrics_.CountCall(method, StatusName(status), std::chrono::duration<double>(Clock::now() - start).count());
    reactor->Finish(FinishStatus(status, context));
  });
  if (taken) return reactor;
  return Finish(context, method, MakeError(ErrorCode::kTooManyRequests, "too many calls wait; try again later"));
}

grpc::ServerUnaryReactor* CallRunner::Finish(grpc::CallbackServerContext* context, const char* method,
                                             const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  metrics_.CountCall(method, StatusName(status), std::nullopt);
  reactor->Finish(FinishStatus(status, context));
  return reactor;
}

}  // namespace freshet
