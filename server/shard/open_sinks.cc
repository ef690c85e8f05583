#include "server/shard/open_sinks.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/connectors/sink_list.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

absl::StatusOr<v1::SinkExtent> ExtentOf(const v1::SourceExtents& extents, const std::string& sink) {
  auto extent = std::find_if(extents.sinks().begin(), extents.sinks().end(),
                             [&](const v1::SinkExtent& each) { return each.sink() == sink; });
  if (extent == extents.sinks().end()) return absl::InternalError(StrCat("the stored extents lack sink ", sink));
  return *extent;
}

}  // namespace

absl::StatusOr<std::vector<uint32_t>> SinkPartitionCounts(const v1::PhysicalPlan& plan,
                                                          const v1::SourceExtents& extents) {
  std::vector<uint32_t> counts;
  for (const v1::PhysicalSink& sink : plan.sinks()) {
    ASSIGN_OR_RETURN(v1::SinkExtent extent, ExtentOf(extents, sink.declaration().name()));
    counts.push_back(extent.partitions());
  }
  return counts;
}

absl::StatusOr<std::vector<std::unique_ptr<ConnectorSink>>> OpenSinks(const v1::PhysicalPlan& plan,
                                                                      const v1::SourceExtents& extents,
                                                                      const SinkContext& context) {
  std::vector<std::unique_ptr<ConnectorSink>> sinks;
  for (const v1::PhysicalSink& sink : plan.sinks()) {
    const v1::Sink& declaration = sink.declaration();
    const SinkConnector* connector = FindSinkConnector(declaration.connector());
    if (connector == nullptr) {
      return MakeError(ErrorCode::kUnknownConnector,
                       StrCat("there is no connector ", declaration.connector(), " of sinks"));
    }
    ASSIGN_OR_RETURN(v1::SinkExtent extent, ExtentOf(extents, declaration.name()));
    auto opened = connector->Open(sink, extent, context);
    if (!opened.ok()) {
      return MakeError(CodeOf(opened.status()),
                       StrCat("sink ", declaration.name(), " cannot be opened: ", StdView(opened.status().message())));
    }
    sinks.push_back(*std::move(opened));
  }
  return sinks;
}

}  // namespace freshet
