// Answers CheckpointService, which is described but not built in this release: UNIMPLEMENTED with the call's name.
#pragma once

#include "freshet/v1/checkpoint_service.grpc.pb.h"
#include "server/control/call_runner.h"

namespace freshet {

class CheckpointService final : public v1::CheckpointService::CallbackService {
 public:
  explicit CheckpointService(CallRunner& calls) : calls_(calls) {}

  grpc::ServerUnaryReactor* CreateCheckpoint(grpc::CallbackServerContext* context,
                                             const v1::CreateCheckpointRequest* request,
                                             v1::Checkpoint* response) override;
  grpc::ServerUnaryReactor* ListCheckpoints(grpc::CallbackServerContext* context,
                                            const v1::ListCheckpointsRequest* request,
                                            v1::ListCheckpointsResponse* response) override;

 private:
  CallRunner& calls_;
};

}  // namespace freshet
