#include "server/connectors/connector_list.h"

#include "engine/base/str_cat.h"
#include "server/connectors/files/files_connector.h"
#include "server/connectors/ingest/http_connector.h"
#include "server/connectors/kafka/kafka_connector.h"

namespace freshet {
namespace {

void AddUnknown(std::string_view name, std::string_view path, Problems& problems) {
  std::vector<std::string_view> names;
  for (const Connector* connector : Connectors()) names.push_back(connector->name());
  std::string nearest = NearestName(name, names);
  AddProblem(problems, ErrorCode::kUnknownConnector, path, StrCat("no connector is named \"", name, "\""),
             nearest.empty() ? "connectors are files, kafka and http" : StrCat("did you mean ", nearest, "?"));
}

}  // namespace

std::span<const Connector* const> Connectors() {
  static const FilesConnector files;
  static const KafkaConnector kafka;
  static const HttpConnector http;
  static const Connector* const connectors[] = {&files, &kafka, &http};
  return connectors;
}

const Connector* FindConnector(std::string_view name) {
  for (const Connector* connector : Connectors()) {
    if (connector->name() == name) return connector;
  }
  return nullptr;
}

Problems ValidateSources(const v1::Table& table, const ValidateContext& context) {
  Problems problems;
  for (int i = 0; i < table.sources_size(); ++i) {
    const v1::SourceBinding& binding = table.sources(i);
    std::string path = StrCat("sources/", i, "/");
    std::string connector_path = StrCat(path, "connector");
    const Connector* connector = FindConnector(binding.connector());
    if (binding.connector().empty()) {
      AddProblem(problems, ErrorCode::kMissingOption, connector_path, "the source names no connector",
                 "connector: files or connector: kafka");
    } else if (connector == nullptr) {
      AddUnknown(binding.connector(), connector_path, problems);
    } else {
      for (v1::Problem& problem : connector->Validate(table, binding, context)) {
        bool of_table = problem.path().starts_with('/');
        problem.set_path(of_table ? problem.path().substr(1) : StrCat(path, problem.path()));
        problems.push_back(std::move(problem));
      }
    }
  }
  return problems;
}

}  // namespace freshet
