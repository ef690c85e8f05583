#include "server/http/api/load_problem.h"

#include <boost/json/serialize.hpp>

#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "server/http/api/pipeline_json.h"
#include "server/http/api/problem.h"

namespace freshet {

void SendReadProblem(const RouteServices& services, const std::string& pipeline, const absl::Status& status,
                     std::shared_ptr<ResponseWriter> writer) {
  ErrorCode code = CodeOf(status);
  if (code != ErrorCode::kHydrating && code != ErrorCode::kRecovering) return writer->Send(ProblemResponse(status));
  services.run_on_worker([&pipelines = services.pipelines, pipeline, status, writer] {
    HttpResponse response = ProblemResponse(status);
    absl::StatusOr<v1::Pipeline> found = pipelines.Get(StrCat("pipelines/", pipeline));
    if (found.ok()) {
      response.body.pop_back();
      StrAppend(&response.body, ",\"progress\":", boost::json::serialize(LoadJson(found->status().load())), "}");
    }
    writer->Send(std::move(response));
  });
}

}  // namespace freshet
