#include "tools/cli/commands/definition_commands.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "engine/base/str_cat.h"
#include "tools/cli/commands/pipeline_text.h"
#include "tools/cli/definition_files.h"
#include "tools/cli/output/error_text.h"
#include "tools/cli/wait_for_pipeline.h"

namespace freshet {
namespace {

namespace json = boost::json;

json::object ProblemJson(const v1::Problem& problem) {
  return {{"severity", problem.severity() == v1::Problem::WARNING ? "warning" : "error"},
          {"code", problem.code()},
          {"message", problem.message()},
          {"suggestion", problem.suggestion()},
          {"path", problem.path()},
          {"file", problem.file()},
          {"line", problem.line()},
          {"column", problem.column()},
          {"excerpt", problem.excerpt()}};
}

template <typename List>
void PrintProblems(const List& problems) {
  for (const v1::Problem& problem : problems) std::fputs(ProblemText(problem).c_str(), stderr);
}

template <typename List>
int CountErrors(const List& problems) {
  return static_cast<int>(std::count_if(problems.begin(), problems.end(), [](const v1::Problem& problem) {
    return problem.severity() == v1::Problem::ERROR;
  }));
}

template <typename List>
absl::Status Refusal(const List& problems) {
  v1::Problems all;
  for (const v1::Problem& problem : problems) *all.add_problems() = problem;
  return ServerError("INVALID_DEFINITION", "the definition has problems", absl::StatusCode::kInvalidArgument, all);
}

}  // namespace

absl::Status Apply(const Session& session, const ApplyOptions& options) {
  absl::StatusOr<v1::Definition> definition = ReadDefinitionFiles(options.files);
  if (!definition.ok()) return definition.status();
  absl::StatusOr<Server> server = ConnectTo(session);
  if (!server.ok()) return server.status();
  v1::UpdatePipelineRequest request;
  std::string name = options.name.empty() ? OutlineOf(*definition).name : options.name;
  request.mutable_pipeline()->set_name(StrCat("pipelines/", name));
  request.mutable_pipeline()->set_desired_state(v1::Pipeline::STARTED);
  *request.mutable_pipeline()->mutable_definition() = *std::move(definition);
  request.mutable_update_mask()->add_paths("definition");
  request.mutable_update_mask()->add_paths("desired_state");
  request.set_allow_missing(true);
  absl::StatusOr<v1::Pipeline> pipeline = server->control->Update(request);
  if (pipeline.ok() && options.wait) pipeline = WaitForPipeline(*server->control, *pipeline, WaitUntil::kFilled);
  if (!pipeline.ok()) return pipeline.status();
  PrintPipelineLine(*pipeline, session.format());
  return absl::OkStatus();
}

absl::Status Validate(const Session& session, const ValidateOptions& options) {
  absl::StatusOr<v1::Definition> definition = ReadDefinitionFiles(options.files);
  if (!definition.ok()) return definition.status();
  absl::StatusOr<Server> server = ConnectTo(session);
  if (!server.ok()) return server.status();
  v1::ValidatePipelineRequest request;
  *request.mutable_definition() = *std::move(definition);
  absl::StatusOr<v1::ValidatePipelineResponse> answer = server->control->Validate(request);
  if (!answer.ok()) return answer.status();
  bool machine = session.format() != OutputFormat::kTable;
  if (machine) {
    for (const v1::Problem& problem : answer->problems()) PrintValue(ProblemJson(problem), session.format());
  }
  if (CountErrors(answer->problems()) > 0) return Refusal(answer->problems());
  if (!machine) {
    PrintProblems(answer->problems());  // warnings
    PrintText("the definition is valid\n");
  }
  return absl::OkStatus();
}

absl::Status Explain(const Session& session, const ExplainOptions& options) {
  v1::ExplainPipelineRequest request;
  if (options.files.empty() == options.pipeline.empty()) {
    return WrongUseError("explain takes a pipeline's name or -f FILE");
  }
  if (options.files.empty()) {
    request.set_name(StrCat("pipelines/", options.pipeline));
  } else {
    absl::StatusOr<v1::Definition> definition = ReadDefinitionFiles(options.files);
    if (!definition.ok()) return definition.status();
    *request.mutable_definition() = *std::move(definition);
  }
  absl::StatusOr<Server> server = ConnectTo(session);
  if (!server.ok()) return server.status();
  absl::StatusOr<v1::ExplainPipelineResponse> answer = server->control->Explain(request);
  if (!answer.ok()) return answer.status();
  if (CountErrors(answer->problems()) > 0) return Refusal(answer->problems());
  PrintProblems(answer->problems());
  boost::system::error_code error;
  json::value plan = json::parse(answer->json(), error);
  if (session.format() == OutputFormat::kTable || error) {
    PrintText(answer->text());
    if (!answer->text().ends_with('\n')) PrintText("\n");
  } else {
    PrintValue(plan, session.format());
  }
  return absl::OkStatus();
}

}  // namespace freshet
