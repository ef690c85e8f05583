#include "server/shard/ingest/open_sources.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/connectors/connector_list.h"
#include "server/errors/error_list.h"

namespace freshet {

absl::StatusOr<std::vector<std::unique_ptr<ConnectorSource>>> OpenSources(const v1::PhysicalPlan& plan,
                                                                          const v1::SourceExtents& extents,
                                                                          const SourceContext& context) {
  std::vector<std::unique_ptr<ConnectorSource>> sources;
  for (const v1::PhysicalSource& source : plan.sources()) {
    const Connector* connector = FindConnector(source.binding().connector());
    if (connector == nullptr) {
      return MakeError(ErrorCode::kUnknownConnector, StrCat("there is no connector ", source.binding().connector()));
    }
    auto extent = std::find_if(extents.sources().begin(), extents.sources().end(),
                               [&](const auto& each) { return each.source() == source.source(); });
    if (extent == extents.sources().end()) {
      return absl::InternalError(StrCat("the stored extents lack source ", source.source()));
    }
    auto opened = connector->Open(source, *extent, context);
    if (!opened.ok()) {
      return MakeError(CodeOf(opened.status()), fmt::format("source {} cannot be opened: {}", source.source(),
                                                            StdView(opened.status().message())));
    }
    sources.push_back(*std::move(opened));
  }
  return sources;
}

}  // namespace freshet
