#include "server/control/checkpoint_service.h"

#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

absl::Status Unbuilt(const char* method) {
  return MakeError(ErrorCode::kUnsupported, StrCat("checkpoints (", method, ") are not built in this release"));
}

}  // namespace

grpc::ServerUnaryReactor* CheckpointService::CreateCheckpoint(grpc::CallbackServerContext* context,
                                                              const v1::CreateCheckpointRequest*, v1::Checkpoint*) {
  return calls_.Finish(context, "CreateCheckpoint", Unbuilt("CreateCheckpoint"));
}

grpc::ServerUnaryReactor* CheckpointService::ListCheckpoints(grpc::CallbackServerContext* context,
                                                             const v1::ListCheckpointsRequest*,
                                                             v1::ListCheckpointsResponse*) {
  return calls_.Finish(context, "ListCheckpoints", Unbuilt("ListCheckpoints"));
}

}  // namespace freshet
