#include "server/control/grpc_server.h"

#include <chrono>

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "engine/base/str_cat.h"
#include "server/control/call_runner.h"
#include "server/control/checkpoint_service.h"
#include "server/control/pipeline_service.h"
#include "server/control/watch_pipeline.h"
#include "server/control/worker_pool.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

std::string WithPort(const std::string& address, int port) {
  return StrCat(std::string_view(address).substr(0, address.rfind(':')), ":", port);
}

}  // namespace

class GrpcServer::Impl {
 public:
  explicit Impl(const Services& services)
      : calls_(workers_, services.metrics),
        watches_(services.pipelines, calls_),
        checkpoints_(calls_),
        pipelines_({services.pipelines, calls_, watches_}) {}

  ~Impl() {
    if (server_ != nullptr && !stopped_) Stop(0);
  }

  absl::Status Listen(const Services& services) {
    const Settings& settings = services.settings;
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    // Else a second daemon would share the port and get half of the calls.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.SetMaxReceiveMessageSize(static_cast<int>(settings.grpc_message_bytes_max));
    int port = 0;
    builder.AddListeningPort(settings.grpc_address, grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&pipelines_);
    builder.RegisterService(&checkpoints_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      return MakeError(ErrorCode::kUnavailable, StrCat("cannot listen at grpc.address=", settings.grpc_address,
                                                       ": it is in use or no address (host:port) of this machine"));
    }
    // Probes may ask for the server as a whole or for a service by name.
    for (const char* service : {v1::PipelineService::service_full_name(), v1::CheckpointService::service_full_name()}) {
      server_->GetHealthCheckService()->SetServingStatus(service, true);
    }
    address_ = WithPort(settings.grpc_address, port);
    v1::ServerInfo info;
    info.set_version(services.version);
    info.set_http_address(services.http_address);
    info.set_grpc_address(address_);
    pipelines_.SetInfo(std::move(info));
    return absl::OkStatus();
  }

  void Drain() { server_->GetHealthCheckService()->SetServingStatus(false); }

  void Stop(uint64_t timeout_ms) {
    stopped_ = true;
    Drain();
    watches_.EndAll();
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(timeout_ms));
  }

  const std::string& address() const { return address_; }

 private:
  CallRunner calls_;
  WatchCalls watches_;
  CheckpointService checkpoints_;
  PipelineService pipelines_;
  WorkerPool workers_{{}};  // goes before what its work refers to
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  bool stopped_ = false;
};

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(Services services) {
  auto impl = std::make_unique<Impl>(services);
  if (absl::Status status = impl->Listen(services); !status.ok()) return status;
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GrpcServer::~GrpcServer() = default;
const std::string& GrpcServer::address() const { return impl_->address(); }
void GrpcServer::Drain() { impl_->Drain(); }
void GrpcServer::Stop(uint64_t timeout_ms) { impl_->Stop(timeout_ms); }

}  // namespace freshet
