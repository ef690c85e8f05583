#include "tools/cli/commands/pipeline_commands.h"

#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "engine/base/str_cat.h"
#include "tools/cli/commands/json_answer.h"
#include "tools/cli/commands/pipeline_text.h"
#include "tools/cli/output/table.h"
#include "tools/cli/wait_for_pipeline.h"

namespace freshet {
namespace {

namespace json = boost::json;

// Prints an answer as it is, or for people.
absl::Status Show(const Session& session, const std::string& path, void (*print)(const json::object&)) {
  absl::StatusOr<Server> server = ConnectTo(session);
  if (!server.ok()) return server.status();
  absl::StatusOr<json::object> answer = GetObject(server->http, path);
  if (!answer.ok()) return answer.status();
  if (session.format() == OutputFormat::kTable) {
    print(*answer);
  } else {
    PrintValue(*answer, session.format());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status GetPipeline(const Session& session, const std::string& pipeline) {
  return Show(session, PipelinePath(pipeline), PrintPipeline);
}

absl::Status ShowStatus(const Session& session, const std::string& pipeline) {
  return Show(session, StrCat(PipelinePath(pipeline), "/status"), PrintStatus);
}

absl::Status ListPipelines(const Session& session) {
  absl::StatusOr<Server> server = ConnectTo(session);
  if (!server.ok()) return server.status();
  Table table({"NAME", "STATE", "REVISION", "UPDATED", "REASON"});
  std::string token;
  do {
    absl::StatusOr<json::object> page =
        GetObject(server->http, StrCat("/v1/pipelines", QueryText({{"page_size", "1000"}, {"page_token", token}})));
    if (!page.ok()) return page.status();
    for (const json::value& value : ArrayOf(*page, "pipelines")) {
      const json::object& pipeline = value.as_object();
      if (session.format() == OutputFormat::kTable) {
        table.Add({TextOf(pipeline, "id"), TextOf(pipeline, "state"), StrCat(NumberOf(pipeline, "revision")),
                   TextOf(pipeline, "update_time"), TextOf(pipeline, "reason")});
      } else if (session.format() == OutputFormat::kYaml) {
        PrintValue(json::array{pipeline}, OutputFormat::kYaml);
      } else {
        PrintValue(pipeline, OutputFormat::kJson);
      }
    }
    token = TextOf(*page, "next_page_token");
  } while (!token.empty());
  if (session.format() == OutputFormat::kTable) table.Flush();
  return absl::OkStatus();
}

absl::Status DeletePipeline(const Session& session, const std::string& pipeline) {
  absl::StatusOr<Server> server = ConnectTo(session);
  if (!server.ok()) return server.status();
  v1::DeletePipelineRequest request;
  request.set_name(StrCat("pipelines/", pipeline));
  if (absl::Status status = server->control->Delete(request); !status.ok()) return status;
  PrintText(StrCat(pipeline, ": deleted\n"));
  return absl::OkStatus();
}

absl::Status StartPipeline(const Session& session, const std::string& pipeline, bool wait) {
  absl::StatusOr<Server> server = ConnectTo(session);
  if (!server.ok()) return server.status();
  v1::StartPipelineRequest request;
  request.set_name(StrCat("pipelines/", pipeline));
  absl::StatusOr<v1::Pipeline> started = server->control->Start(request);
  if (started.ok() && wait) started = WaitForPipeline(*server->control, *started, WaitUntil::kFilled);
  if (!started.ok()) return started.status();
  PrintPipelineLine(*started, session.format());
  return absl::OkStatus();
}

absl::Status StopPipeline(const Session& session, const std::string& pipeline) {
  absl::StatusOr<Server> server = ConnectTo(session);
  if (!server.ok()) return server.status();
  v1::StopPipelineRequest request;
  request.set_name(StrCat("pipelines/", pipeline));
  absl::StatusOr<v1::Pipeline> stopped = server->control->Stop(request);
  if (!stopped.ok()) return stopped.status();
  PrintPipelineLine(*stopped, session.format());
  return absl::OkStatus();
}

}  // namespace freshet
