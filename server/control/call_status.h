// Turns the status of a use case into a gRPC status and its trailing metadata.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace grpc {
class ServerContextBase;
}

namespace freshet {

// Adds the trailing metadata `freshet-code` (a code of server/errors), and for a refused definition
// `freshet-problems-bin` (a serialized freshet.v1.Problems) and, where not all of them fit into the metadata that
// clients accept, `freshet-problems-omitted` (their number; ValidatePipeline answers all).
grpc::Status FinishStatus(const absl::Status& status, grpc::ServerContextBase* context);

}  // namespace freshet
