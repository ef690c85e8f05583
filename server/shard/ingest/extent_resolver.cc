#include "server/shard/ingest/extent_resolver.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/connectors/connector_list.h"
#include "server/errors/error_list.h"
#include "spdlog/spdlog.h"

namespace freshet {
namespace {

constexpr auto kFirstPause = std::chrono::milliseconds(200);
constexpr auto kLongestPause = std::chrono::milliseconds(5000);

const v1::SourceExtent* FindSource(const v1::SourceExtents& extents, std::string_view source) {
  for (const v1::SourceExtent& each : extents.sources()) {
    if (each.source() == source) return &each;
  }
  return nullptr;
}

}  // namespace

ExtentResolver::ExtentResolver(Options options, Done done)
    : options_(std::move(options)), done_(std::move(done)), thread_([this] { Run(); }) {}

ExtentResolver::~ExtentResolver() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

std::string ExtentResolver::waiting_for() const {
  std::lock_guard lock(mutex_);
  return waiting_for_;
}

void ExtentResolver::Run() {
  v1::SourceExtents extents;
  for (const v1::PhysicalSource& source : options_.plan.sources()) {
    auto extent = ResolveOne(source);
    if (absl::IsCancelled(extent.status())) return;
    if (!extent.ok()) {
      done_(extent.status());
      return;
    }
    *extents.add_sources() = KeepKnownExtent(*extent, options_.known);
  }
  done_(std::move(extents));
}

absl::StatusOr<v1::SourceExtent> ExtentResolver::ResolveOne(const v1::PhysicalSource& source) {
  const Connector* connector = FindConnector(source.binding().connector());
  if (connector == nullptr) {
    return MakeError(ErrorCode::kUnknownConnector, StrCat("there is no connector ", source.binding().connector()));
  }
  // A static source reads what was there at its very first start, and nothing that came since.
  const v1::SourceExtent* known = FindSource(options_.known, source.source());
  if (known != nullptr && connector->IsStatic(source.binding())) return *known;
  ResolveContext context = options_.context;
  context.known = known;
  auto pause = kFirstPause;
  while (true) {
    auto extent = connector->Resolve(source, context);
    std::unique_lock lock(mutex_);
    waiting_for_.clear();
    if (stop_) return absl::CancelledError();
    if (extent.ok()) {
      extent->set_source(source.source());
      return extent;
    }
    if (!absl::IsUnavailable(extent.status())) return extent;
    waiting_for_ = fmt::format("source {}: {}", source.source(), StdView(extent.status().message()));
    spdlog::warn("{}; trying again in {} ms", waiting_for_, pause.count());
    if (wake_.wait_for(lock, pause, [this] { return stop_; })) return absl::CancelledError();
    pause = std::min(pause * 2, std::chrono::milliseconds(kLongestPause));
  }
}

v1::SourceExtent KeepKnownExtent(const v1::SourceExtent& resolved, const v1::SourceExtents& known) {
  const v1::SourceExtent* before = FindSource(known, resolved.source());
  if (before == nullptr) return resolved;
  v1::SourceExtent kept = *before;
  std::map<std::string, v1::PartitionExtent*> partitions;
  for (v1::PartitionExtent& each : *kept.mutable_partitions()) partitions.emplace(each.partition(), &each);
  for (const v1::PartitionExtent& now : resolved.partitions()) {
    auto found = partitions.find(now.partition());
    if (found == partitions.end()) continue;
    v1::PartitionExtent& each = *found->second;
    // A range of a file that has grown may end now where the next one begins.
    if (each.end() < 0) each.set_end(now.end());
    each.set_load_end(std::max({each.load_end(), now.end(), now.load_end()}));
  }
  for (const v1::PartitionExtent& now : resolved.partitions()) {
    if (!partitions.contains(now.partition())) *kept.add_partitions() = now;  // found since
  }
  return kept;
}

}  // namespace freshet
