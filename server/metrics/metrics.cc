#include "server/metrics/metrics.h"

#include <ctime>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/metrics/metric_families.h"
#include "server/metrics/metric_list.h"
#include "server/metrics/pipeline_samples.h"
#include "server/metrics/process_samples.h"

namespace freshet {
namespace {

const prometheus::Histogram::BucketBoundaries kLatencyBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                                 0.1,    0.25,  0.5,    1,     2.5,  5,     10};

std::string Help(std::string_view name) {
  const MetricInfo* info = FindMetric(name);
  CHECK(info != nullptr);
  return std::string(info->help);
}

prometheus::Family<prometheus::Counter>& AddCounter(const char* name, prometheus::Registry* registry) {
  return prometheus::BuildCounter().Name(name).Help(Help(name)).Register(*registry);
}

prometheus::Family<prometheus::Gauge>& AddGauge(const char* name, prometheus::Registry* registry) {
  return prometheus::BuildGauge().Name(name).Help(Help(name)).Register(*registry);
}

prometheus::Family<prometheus::Histogram>& AddHistogram(const char* name, prometheus::Registry* registry) {
  return prometheus::BuildHistogram().Name(name).Help(Help(name)).Register(*registry);
}

}  // namespace

class ServerMetrics::Impl {
 public:
  void CountRequest(std::string_view route, int status, double seconds) {
    std::string label(route.empty() ? "unmatched" : route);
    requests_.Add({{"route", label}, {"status", StrCat(status)}}).Increment();
    request_seconds_.Add({{"route", label}}, kLatencyBuckets).Observe(seconds);
  }

  void CountCall(std::string_view method, std::string_view status, std::optional<double> seconds) {
    calls_.Add({{"method", std::string(method)}, {"status", std::string(status)}}).Increment();
    if (seconds) call_seconds_.Add({{"method", std::string(method)}}, kLatencyBuckets).Observe(*seconds);
  }

  prometheus::Gauge& body_bytes() { return body_bytes_; }
  prometheus::Counter& refused_bodies() { return refused_bodies_; }
  prometheus::Counter& change_encodings() { return change_encodings_; }
  prometheus::Counter& change_bytes() { return change_bytes_; }
  prometheus::Counter& slow_subscribers() { return slow_subscribers_; }
  prometheus::Gauge& subscribers() { return subscribers_; }
  prometheus::Gauge& backlog() { return backlog_; }

  std::string Render(const std::vector<ShardMetrics>& shards, const std::vector<v1::Pipeline>& pipelines) {
    MetricFamilies sampled;
    AddProcessSamples(start_seconds_, &sampled);
    for (const v1::Pipeline& pipeline : pipelines) AddPipelineSamples(pipeline, &sampled);
    for (const ShardMetrics& shard : shards) AddShardSamples(shard, &sampled);
    std::vector<prometheus::MetricFamily> families = registry_.Collect();
    for (prometheus::MetricFamily& family : sampled.Take()) families.push_back(std::move(family));
    return prometheus::TextSerializer().Serialize(families);
  }

 private:
  const double start_seconds_ = static_cast<double>(std::time(nullptr));
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_ = AddCounter("freshet_http_requests_total", &registry_);
  prometheus::Family<prometheus::Histogram>& request_seconds_ =
      AddHistogram("freshet_http_request_seconds", &registry_);
  prometheus::Family<prometheus::Counter>& calls_ = AddCounter("freshet_grpc_calls_total", &registry_);
  prometheus::Family<prometheus::Histogram>& call_seconds_ = AddHistogram("freshet_grpc_call_seconds", &registry_);
  prometheus::Gauge& body_bytes_ = AddGauge("freshet_http_body_bytes", &registry_).Add({});
  prometheus::Counter& refused_bodies_ = AddCounter("freshet_http_bodies_refused_total", &registry_).Add({});
  prometheus::Counter& change_encodings_ = AddCounter("freshet_changes_encodings_total", &registry_).Add({});
  prometheus::Counter& change_bytes_ = AddCounter("freshet_changes_sent_bytes_total", &registry_).Add({});
  prometheus::Counter& slow_subscribers_ = AddCounter("freshet_changes_slow_subscribers_total", &registry_).Add({});
  prometheus::Gauge& subscribers_ = AddGauge("freshet_changes_subscribers", &registry_).Add({});
  prometheus::Gauge& backlog_ = AddGauge("freshet_changes_backlog_bytes", &registry_).Add({});
};

ServerMetrics::ServerMetrics() : impl_(std::make_unique<Impl>()) {}
ServerMetrics::~ServerMetrics() = default;

void ServerMetrics::CountRequest(std::string_view route, int status, double seconds) {
  impl_->CountRequest(route, status, seconds);
}

void ServerMetrics::CountCall(std::string_view method, std::string_view status, std::optional<double> seconds) {
  impl_->CountCall(method, status, seconds);
}

void ServerMetrics::AddBodyBytes(double bytes) { impl_->body_bytes().Increment(bytes); }
void ServerMetrics::CountRefusedBody() { impl_->refused_bodies().Increment(); }

void ServerMetrics::CountChangeEncoding() { impl_->change_encodings().Increment(); }
void ServerMetrics::CountChangeBytes(uint64_t bytes) { impl_->change_bytes().Increment(static_cast<double>(bytes)); }
void ServerMetrics::CountSlowSubscriber() { impl_->slow_subscribers().Increment(); }
void ServerMetrics::SetSubscribers(uint64_t count, uint64_t backlog_bytes) {
  impl_->subscribers().Set(static_cast<double>(count));
  impl_->backlog().Set(static_cast<double>(backlog_bytes));
}

std::string ServerMetrics::Render(const std::vector<ShardMetrics>& shards, const std::vector<v1::Pipeline>& pipelines) {
  return impl_->Render(shards, pipelines);
}

}  // namespace freshet
