#include "server/connectors/sink_list.h"

#include <vector>

#include "engine/base/str_cat.h"
#include "server/connectors/api/sink_options.h"
#include "server/connectors/files/files_sink_connector.h"
#include "server/connectors/kafka/kafka_sink_connector.h"

namespace freshet {

std::span<const SinkConnector* const> SinkConnectors() {
  static const FilesSinkConnector files;
  static const KafkaSinkConnector kafka;
  static const SinkConnector* const connectors[] = {&files, &kafka};
  return connectors;
}

const SinkConnector* FindSinkConnector(std::string_view name) {
  for (const SinkConnector* connector : SinkConnectors()) {
    if (connector->name() == name) return connector;
  }
  return nullptr;
}

Problems ValidateSink(const v1::Sink& sink, const ValidateContext& context) {
  Problems problems;
  if (sink.connector().empty()) {
    AddProblem(problems, ErrorCode::kMissingOption, "connector", "the sink names no connector",
               "connector: kafka or connector: files");
    return problems;
  }
  const SinkConnector* connector = FindSinkConnector(sink.connector());
  if (connector == nullptr) {
    std::vector<std::string_view> names;
    for (const SinkConnector* each : SinkConnectors()) names.push_back(each->name());
    std::string nearest = NearestName(sink.connector(), names);
    AddProblem(problems, ErrorCode::kUnknownConnector, "connector",
               StrCat("no connector of sinks is named \"", sink.connector(), "\""),
               nearest.empty() ? "sinks go to files and kafka" : StrCat("did you mean ", nearest, "?"));
    return problems;
  }
  CheckOptions(StrCat("a sink with connector ", connector->name()), connector->options(), OptionsOf(sink), problems);
  connector->Validate(sink, context, problems);
  return problems;
}

}  // namespace freshet
