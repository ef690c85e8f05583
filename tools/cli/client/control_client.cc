#include "tools/cli/client/control_client.h"

#include <chrono>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "engine/base/str_cat.h"
#include "freshet/v1/pipeline_service.grpc.pb.h"
#include "tools/cli/exit_code.h"

namespace freshet {
namespace {

using Stub = v1::PipelineService::Stub;

constexpr std::chrono::seconds kConnectTimeout(4);
constexpr std::chrono::seconds kCallTimeout(120);
constexpr int kMessageBytesMax = 256 << 20;

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address) {
  setenv("GRPC_VERBOSITY", "NONE", 0);  // a refused connection is told by our own message
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

std::string Trailer(const grpc::ClientContext& context, const char* name) {
  const auto& trailers = context.GetServerTrailingMetadata();
  auto found = trailers.find(name);
  return found == trailers.end() ? std::string() : std::string(found->second.data(), found->second.size());
}

// The host of `host:port`, `[v6]:port`.
std::string_view HostOf(std::string_view address) { return address.substr(0, address.rfind(':')); }

}  // namespace

class ControlClient::Impl {
 public:
  explicit Impl(std::string address)
      : address_(std::move(address)), stub_(v1::PipelineService::NewStub(OpenChannel(address_))) {}

  absl::Status GetInfo() {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kConnectTimeout);
    grpc::Status status = stub_->GetServerInfo(&context, {}, &info_);
    if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
      return UnreachableError(StrCat("no freshetd answers at ", address_, " within ", kConnectTimeout.count(), " s"));
    }
    if (!status.ok() && status.error_code() != grpc::StatusCode::UNAVAILABLE &&
        Trailer(context, "freshet-code").empty()) {
      return UnreachableError(StrCat("what answers at ", address_, " is no freshetd: ", status.error_message()));
    }
    return ToStatus(status, context);
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
    Response response;
    grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) return ToStatus(status, context);
    return response;
  }

  absl::Status Watch(const std::string& name, const std::function<bool(const v1::Pipeline&)>& seen) {
    grpc::ClientContext context;
    v1::WatchPipelineRequest request;
    request.set_name(name);
    auto stream = stub_->WatchPipeline(&context, request);
    v1::Pipeline pipeline;
    while (stream->Read(&pipeline)) {
      if (seen(pipeline)) continue;
      context.TryCancel();
      stream->Finish();
      return absl::OkStatus();
    }
    return ToStatus(stream->Finish(), context);
  }

  // Where not all problems fit into the metadata, asks for all of them.
  absl::Status WithAllProblems(const v1::Definition& definition, const absl::Status& refused) {
    v1::ValidatePipelineRequest request;
    *request.mutable_definition() = definition;
    auto answer = Call(&Stub::ValidatePipeline, request);
    if (!answer.ok() || answer->problems_size() == 0) return refused;
    v1::Problems problems;
    *problems.mutable_problems() = answer->problems();
    return ServerError("INVALID_DEFINITION", StdView(refused.message()), refused.code(), problems);
  }

  const std::string address_;
  const std::unique_ptr<Stub> stub_;
  v1::ServerInfo info_;
  bool problems_omitted_ = false;  // by the last call

 private:
  absl::Status ToStatus(const grpc::Status& status, const grpc::ClientContext& context) {
    if (status.ok()) return absl::OkStatus();
    std::string code = Trailer(context, "freshet-code");
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE && code.empty()) {
      return UnreachableError(
          StrCat("no freshetd answers at ", address_, " (", status.error_message(), ")\n",
                 "start one: freshetd &   or tell where it is: --address host:port, FRESHET_ADDRESS"));
    }
    v1::Problems problems;
    problems.ParseFromString(Trailer(context, "freshet-problems-bin"));
    problems_omitted_ = !Trailer(context, "freshet-problems-omitted").empty();
    return ServerError(code, status.error_message(), static_cast<absl::StatusCode>(status.error_code()), problems);
  }
};

absl::StatusOr<std::unique_ptr<ControlClient>> ControlClient::Connect(const std::string& address) {
  auto impl = std::make_unique<Impl>(address);
  if (absl::Status status = impl->GetInfo(); !status.ok()) return status;
  return std::unique_ptr<ControlClient>(new ControlClient(std::move(impl)));
}

ControlClient::ControlClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControlClient::~ControlClient() = default;

const v1::ServerInfo& ControlClient::info() const { return impl_->info_; }

std::string ControlClient::http_address() const {
  const std::string& http = impl_->info_.http_address();
  std::string_view host = HostOf(http);
  // A server that listens everywhere is reached where its gRPC is.
  if (host != "0.0.0.0" && host != "[::]" && !host.empty()) return http;
  return StrCat(HostOf(impl_->address_), http.substr(host.size()));
}

absl::StatusOr<v1::Pipeline> ControlClient::Update(const v1::UpdatePipelineRequest& request) {
  auto pipeline = impl_->Call(&Stub::UpdatePipeline, request);
  if (pipeline.ok() || !impl_->problems_omitted_) return pipeline;
  return impl_->WithAllProblems(request.pipeline().definition(), pipeline.status());
}

absl::StatusOr<v1::Pipeline> ControlClient::Start(const v1::StartPipelineRequest& request) {
  return impl_->Call(&Stub::StartPipeline, request);
}

absl::StatusOr<v1::Pipeline> ControlClient::Stop(const v1::StopPipelineRequest& request) {
  return impl_->Call(&Stub::StopPipeline, request);
}

absl::Status ControlClient::Delete(const v1::DeletePipelineRequest& request) {
  return impl_->Call(&Stub::DeletePipeline, request).status();
}

absl::StatusOr<v1::ValidatePipelineResponse> ControlClient::Validate(const v1::ValidatePipelineRequest& request) {
  return impl_->Call(&Stub::ValidatePipeline, request);
}

absl::StatusOr<v1::ExplainPipelineResponse> ControlClient::Explain(const v1::ExplainPipelineRequest& request) {
  auto answer = impl_->Call(&Stub::ExplainPipeline, request);
  if (answer.ok() || !impl_->problems_omitted_) return answer;
  return impl_->WithAllProblems(request.definition(), answer.status());
}

absl::Status ControlClient::Watch(const std::string& name, const std::function<bool(const v1::Pipeline&)>& seen) {
  return impl_->Watch(name, seen);
}

}  // namespace freshet
