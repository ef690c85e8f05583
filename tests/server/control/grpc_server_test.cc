#include "server/control/grpc_server.h"

#include <chrono>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include "freshet/v1/checkpoint_service.grpc.pb.h"
#include "freshet/v1/pipeline_service.grpc.pb.h"
#include "server/errors/error_list.h"
#include "server/pipelines/problems.h"
#include "tests/server/control/fake_pipelines.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class GrpcServerTest : public ::testing::Test {
 protected:
  GrpcServerTest() : settings_(DefaultSettings()) {
    settings_.grpc_address = "127.0.0.1:0";
    auto server = GrpcServer::Start({pipelines_, metrics_, settings_, "1.2.3", "127.0.0.1:8080"});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
    stub_ = v1::PipelineService::NewStub(channel_);
  }

  std::string Trailer(const grpc::ClientContext& context, const char* name) {
    auto found = context.GetServerTrailingMetadata().find(name);
    if (found == context.GetServerTrailingMetadata().end()) return "";
    return {found->second.data(), found->second.size()};
  }

  grpc::Status Get(grpc::ClientContext* context, const std::string& name, v1::Pipeline* pipeline) {
    v1::GetPipelineRequest request;
    request.set_name(name);
    return stub_->GetPipeline(context, request, pipeline);
  }

  // A refusal with `count` problems, as the client sees it.
  grpc::Status Refuse(grpc::ClientContext* context, int count) {
    v1::Problems problems;
    for (int i = 0; i < count; ++i) {
      v1::Problem& problem = *problems.add_problems();
      problem.set_code("UNKNOWN_COLUMN");
      problem.set_message("no column has this name");
      problem.set_excerpt(std::string(100, 'x'));
      problem.set_line(static_cast<uint32_t>(i + 1));
    }
    pipelines_.error = ProblemsError(problems);
    v1::Pipeline pipeline;
    return stub_->UpdatePipeline(context, {}, &pipeline);
  }

  FakePipelines pipelines_;
  ServerMetrics metrics_;
  Settings settings_;
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::PipelineService::Stub> stub_;
};

TEST_F(GrpcServerTest, AnswersUseCasesAndCountsThem) {
  grpc::ClientContext context;
  v1::Pipeline pipeline;
  ASSERT_TRUE(Get(&context, "pipelines/a", &pipeline).ok());
  EXPECT_EQ(pipeline.name(), "pipelines/a");
  EXPECT_THAT(metrics_.Render({}), HasSubstr("freshet_grpc_calls_total{method=\"GetPipeline\",status=\"OK\"} 1"));
}

TEST_F(GrpcServerTest, TellsWhereItServes) {
  grpc::ClientContext context;
  v1::ServerInfo info;
  ASSERT_TRUE(stub_->GetServerInfo(&context, {}, &info).ok());
  EXPECT_EQ(info.version(), "1.2.3");
  EXPECT_EQ(info.http_address(), "127.0.0.1:8080");
  EXPECT_EQ(info.grpc_address(), server_->address());
  EXPECT_THAT(info.grpc_address(), StartsWith("127.0.0.1:"));
}

TEST_F(GrpcServerTest, ErrorsCarryTheirCode) {
  pipelines_.error = MakeError(ErrorCode::kNotFound, "there is no pipeline 'a'");
  grpc::ClientContext context;
  v1::Pipeline pipeline;
  grpc::Status status = Get(&context, "pipelines/a", &pipeline);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "there is no pipeline 'a'");
  EXPECT_EQ(Trailer(context, "freshet-code"), "NOT_FOUND");
}

TEST_F(GrpcServerTest, ARefusedDefinitionCarriesItsProblems) {
  grpc::ClientContext context;
  grpc::Status status = Refuse(&context, 3);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Trailer(context, "freshet-code"), "INVALID_DEFINITION");
  v1::Problems problems;
  ASSERT_TRUE(problems.ParseFromString(Trailer(context, "freshet-problems-bin")));
  ASSERT_EQ(problems.problems_size(), 3);
  EXPECT_EQ(problems.problems(2).line(), 3u);
  EXPECT_EQ(Trailer(context, "freshet-problems-omitted"), "");
}

TEST_F(GrpcServerTest, ProblemsStayBelowWhatClientsAcceptAndTheRestIsCounted) {
  grpc::ClientContext context;
  EXPECT_EQ(Refuse(&context, 1000).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  v1::Problems problems;
  ASSERT_TRUE(problems.ParseFromString(Trailer(context, "freshet-problems-bin")));
  EXPECT_GT(problems.problems_size(), 5);
  EXPECT_EQ(Trailer(context, "freshet-problems-omitted"), std::to_string(1000 - problems.problems_size()));
}

TEST_F(GrpcServerTest, CheckpointsAreUnimplementedByName) {
  auto stub = v1::CheckpointService::NewStub(channel_);
  grpc::ClientContext context;
  v1::Checkpoint checkpoint;
  grpc::Status status = stub->CreateCheckpoint(&context, {}, &checkpoint);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(status.error_message(), HasSubstr("CreateCheckpoint"));
  EXPECT_EQ(Trailer(context, "freshet-code"), "UNSUPPORTED");
}

TEST_F(GrpcServerTest, AWatchSendsStatesAndEndsWithThePipeline) {
  grpc::ClientContext context;
  v1::WatchPipelineRequest request;
  request.set_name("pipelines/a");
  auto stream = stub_->WatchPipeline(&context, request);
  v1::Pipeline pipeline;
  ASSERT_TRUE(stream->Read(&pipeline));
  EXPECT_EQ(pipeline.name(), "pipelines/a");
  while (pipelines_.open_watches() == 0) std::this_thread::yield();
  pipeline.set_state(v1::Pipeline::RUNNING);
  pipelines_.Tell(pipeline);
  ASSERT_TRUE(stream->Read(&pipeline));
  EXPECT_EQ(pipeline.state(), v1::Pipeline::RUNNING);
  pipelines_.Tell(MakeError(ErrorCode::kNotFound, "the pipeline is deleted"));
  EXPECT_FALSE(stream->Read(&pipeline));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Trailer(context, "freshet-code"), "NOT_FOUND");
}

TEST_F(GrpcServerTest, AWatchOfNothingIsRefused) {
  pipelines_.error = MakeError(ErrorCode::kNotFound, "there is no pipeline 'a'");
  grpc::ClientContext context;
  auto stream = stub_->WatchPipeline(&context, {});
  v1::Pipeline pipeline;
  EXPECT_FALSE(stream->Read(&pipeline));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(GrpcServerTest, AWatchGoesWithItsClient) {
  {
    grpc::ClientContext context;
    auto stream = stub_->WatchPipeline(&context, {});
    v1::Pipeline pipeline;
    ASSERT_TRUE(stream->Read(&pipeline));
    context.TryCancel();
    stream->Finish();
  }
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  server_->Stop(5000);
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now(), deadline);
  EXPECT_EQ(pipelines_.open_watches(), 0);
}

TEST_F(GrpcServerTest, StoppingEndsWatches) {
  grpc::ClientContext context;
  auto stream = stub_->WatchPipeline(&context, {});
  v1::Pipeline pipeline;
  ASSERT_TRUE(stream->Read(&pipeline));
  server_->Stop(5000);
  EXPECT_FALSE(stream->Read(&pipeline));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Trailer(context, "freshet-code"), "UNAVAILABLE");
  server_.reset();
  EXPECT_EQ(pipelines_.open_watches(), 0);
}

TEST_F(GrpcServerTest, APortInUseIsSaid) {
  Settings settings = settings_;
  settings.grpc_address = server_->address();
  auto second = GrpcServer::Start({pipelines_, metrics_, settings, "1.2.3", ""});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(CodeOf(second.status()), ErrorCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(server_->address()));
}

}  // namespace
}  // namespace freshet
