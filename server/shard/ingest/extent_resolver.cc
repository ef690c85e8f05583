#include "server/shard/ingest/extent_resolver.h"

#include <algorithm>
#include <chrono>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/connectors/connector_list.h"
#include "server/connectors/sink_list.h"
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
    *extents.add_sources() = *std::move(extent);
  }
  for (const v1::PhysicalSink& sink : options_.plan.sinks()) {
    auto extent = ResolveSink(sink);
    if (absl::IsCancelled(extent.status())) return;
    if (!extent.ok()) {
      done_(extent.status());
      return;
    }
    *extents.add_sinks() = *std::move(extent);
  }
  done_(std::move(extents));
}

// Stored, and never asked again: records of a key must go to one partition for ever.
absl::StatusOr<v1::SinkExtent> ExtentResolver::ResolveSink(const v1::PhysicalSink& sink) {
  const std::string& name = sink.declaration().name();
  const SinkConnector* connector = FindSinkConnector(sink.declaration().connector());
  if (connector == nullptr) {
    return MakeError(ErrorCode::kUnknownConnector,
                     StrCat("there is no connector ", sink.declaration().connector(), " of sinks"));
  }
  auto extent = Ask<v1::SinkExtent>(StrCat("sink ", name), [&] { return connector->Resolve(sink, options_.context); });
  if (extent.ok()) extent->set_sink(name);
  return extent;
}

absl::StatusOr<v1::SourceExtent> ExtentResolver::ResolveOne(const v1::PhysicalSource& source) {
  const Connector* connector = FindConnector(source.binding().connector());
  if (connector == nullptr) {
    return MakeError(ErrorCode::kUnknownConnector, StrCat("there is no connector ", source.binding().connector()));
  }
  auto extent = Ask<v1::SourceExtent>(StrCat("source ", source.source()),
                                      [&] { return connector->Resolve(source, options_.context); });
  if (extent.ok()) extent->set_source(source.source());
  return extent;
}

template <typename Extent>
absl::StatusOr<Extent> ExtentResolver::Ask(const std::string& whom,
                                           const std::function<absl::StatusOr<Extent>()>& resolve) {
  auto pause = kFirstPause;
  while (true) {
    absl::StatusOr<Extent> extent = resolve();
    std::unique_lock lock(mutex_);
    waiting_for_.clear();
    if (stop_) return absl::CancelledError();
    if (extent.ok() || !absl::IsUnavailable(extent.status())) return extent;
    waiting_for_ = fmt::format("{}: {}", whom, StdView(extent.status().message()));
    spdlog::warn("{}; trying again in {} ms", waiting_for_, pause.count());
    if (wake_.wait_for(lock, pause, [this] { return stop_; })) return absl::CancelledError();
    pause = std::min(pause * 2, std::chrono::milliseconds(kLongestPause));
  }
}

}  // namespace freshet
