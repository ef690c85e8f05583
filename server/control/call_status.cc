#include "server/control/call_status.h"

#include <string>

#include <grpcpp/server_context.h>

#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "server/pipelines/problems.h"

namespace freshet {
namespace {

// Clients refuse metadata above 8 KiB by default, as it stands on the wire: base64 adds a third, the message may be
// percent-encoded.
constexpr size_t kProblemsBytesMax = 4096;
constexpr size_t kMessageBytesMax = 1024;

void AddProblems(const v1::Problems& problems, grpc::ServerContextBase* context) {
  v1::Problems sent;
  size_t bytes = 0;
  for (const v1::Problem& problem : problems.problems()) {
    bytes += problem.ByteSizeLong() + 4;
    if (bytes > kProblemsBytesMax) break;
    *sent.add_problems() = problem;
  }
  context->AddTrailingMetadata("freshet-problems-bin", sent.SerializeAsString());
  int omitted = problems.problems_size() - sent.problems_size();
  if (omitted > 0) context->AddTrailingMetadata("freshet-problems-omitted", StrCat(omitted));
}

std::string BoundedMessage(std::string_view message) {
  if (message.size() <= kMessageBytesMax) return std::string(message);
  size_t end = kMessageBytesMax;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) --end;  // not inside of a character
  return StrCat(message.substr(0, end), "...");
}

}  // namespace

grpc::Status FinishStatus(const absl::Status& status, grpc::ServerContextBase* context) {
  if (status.ok()) return grpc::Status::OK;
  const ErrorInfo& info = InfoOf(CodeOf(status));
  context->AddTrailingMetadata("freshet-code", std::string(info.name));
  v1::Problems problems = ProblemsOf(status);
  if (problems.problems_size() > 0) AddProblems(problems, context);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), BoundedMessage(StdView(status.message())));
}

}  // namespace freshet
