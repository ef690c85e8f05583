#include "server/shard/ingest/extent_resolver.h"

#include <algorithm>
#include <chrono>
#include <set>
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
  if (connector->IsStatic(source.binding())) {
    for (const v1::SourceExtent& known : options_.known.sources()) {
      if (known.source() == source.source()) return known;
    }
  }
  auto pause = kFirstPause;
  while (true) {
    auto extent = connector->Resolve(source, options_.context);
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

namespace {

// A range of a file is a partition `path@start`; how a file is cut may differ from one time to the next.
std::string_view FileOf(std::string_view partition) {
  size_t at = partition.rfind('@');
  if (at == std::string_view::npos || at + 1 == partition.size()) return partition;
  bool range = partition.find_first_not_of("0123456789", at + 1) == std::string_view::npos;
  return range ? partition.substr(0, at) : partition;
}

}  // namespace

v1::SourceExtent KeepKnownExtent(const v1::SourceExtent& resolved, const v1::SourceExtents& known) {
  const v1::SourceExtent* before = nullptr;
  for (const v1::SourceExtent& each : known.sources()) {
    if (each.source() == resolved.source()) before = &each;
  }
  if (before == nullptr) return resolved;
  v1::SourceExtent kept = *before;
  std::set<std::string> files;
  for (const v1::PartitionExtent& each : before->partitions()) files.emplace(FileOf(each.partition()));
  for (const v1::PartitionExtent& now : resolved.partitions()) {
    std::string file(FileOf(now.partition()));
    if (!files.contains(file)) {
      *kept.add_partitions() = now;  // found since
      continue;
    }
    int64_t reaches = std::max(now.end(), now.load_end());
    for (v1::PartitionExtent& each : *kept.mutable_partitions()) {
      if (each.end() < 0 && FileOf(each.partition()) == file) each.set_load_end(std::max(each.load_end(), reaches));
    }
  }
  return kept;
}

}  // namespace freshet
