#include "server/shard/load_order.h"

#include <algorithm>
#include <optional>

#include "server/connectors/connector_list.h"

namespace freshet {
namespace {

// No value: it is not known, or the source has no end.
std::optional<int64_t> BytesOf(const v1::PhysicalSource& source, const v1::SourceExtents& extents) {
  const Connector* connector = FindConnector(source.binding().connector());
  if (connector == nullptr || connector->name() != "files" || !connector->IsStatic(source.binding())) {
    return std::nullopt;
  }
  auto extent = std::find_if(extents.sources().begin(), extents.sources().end(),
                             [&](const v1::SourceExtent& each) { return each.source() == source.source(); });
  if (extent == extents.sources().end()) return std::nullopt;
  int64_t bytes = 0;
  for (const v1::PartitionExtent& partition : extent->partitions()) bytes += partition.end() - partition.start();
  return bytes;
}

// Whether rows of a source reach each node.
std::vector<bool> ReachedFrom(const v1::PhysicalPlan& plan, uint32_t source) {
  std::vector<bool> reached(static_cast<size_t>(plan.nodes_size()));
  for (int i = 0; i < plan.nodes_size(); ++i) {
    const v1::PhysicalNode& node = plan.nodes(i);
    reached[static_cast<size_t>(i)] =
        (node.has_source() && node.source().source() == source) ||
        std::any_of(node.inputs().begin(), node.inputs().end(), [&](uint32_t input) { return reached[input]; });
  }
  return reached;
}

}  // namespace

std::vector<bool> SourcesLoadedLast(const v1::PhysicalPlan& plan, const v1::SourceExtents& extents) {
  uint32_t largest = 0;
  int64_t largest_bytes = -1;
  for (int i = 0; i < plan.sources_size(); ++i) {
    std::optional<int64_t> bytes = BytesOf(plan.sources(i), extents);
    if (!bytes) return {};
    if (*bytes <= largest_bytes) continue;
    largest = static_cast<uint32_t>(i);
    largest_bytes = *bytes;
  }
  const std::vector<bool> reached = ReachedFrom(plan, largest);
  const bool joined = std::any_of(plan.nodes().begin(), plan.nodes().end(), [&](const v1::PhysicalNode& node) {
    return node.has_join() && node.join().kind() == v1::INNER && reached[node.inputs(0)] != reached[node.inputs(1)];
  });
  if (!joined) return {};
  std::vector<bool> last(static_cast<size_t>(plan.sources_size()));
  last[largest] = true;
  return last;
}

}  // namespace freshet
