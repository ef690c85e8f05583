#include "server/metrics/metric_families.h"

#include "engine/base/check.h"
#include "server/metrics/metric_list.h"

namespace freshet {
namespace {

prometheus::MetricFamily NewFamily(std::string_view name) {
  prometheus::MetricFamily family;
  family.name = name;
  const MetricInfo* info = FindMetric(name);
  family.type = prometheus::MetricType::Untyped;
  if (info == nullptr) return family;
  family.help = info->help;
  switch (info->kind) {
    case MetricKind::kCounter:
      family.type = prometheus::MetricType::Counter;
      break;
    case MetricKind::kGauge:
      family.type = prometheus::MetricType::Gauge;
      break;
    case MetricKind::kHistogram:
      CHECK(info->kind != MetricKind::kHistogram);  // a histogram is no single value
  }
  return family;
}

// A name or label from a shard that Prometheus would refuse makes the whole answer unreadable.
bool ValidName(std::string_view name) {
  for (char c : name) {
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9');
}

}  // namespace

void MetricFamilies::Add(std::string_view name, const MetricLabels& labels, double value) {
  auto found = families_.find(name);
  if (found == families_.end()) {
    if (!ValidName(name)) return;
    found = families_.emplace(name, NewFamily(name)).first;
  }
  prometheus::MetricFamily& family = found->second;
  prometheus::ClientMetric metric;
  for (const auto& [label, text] : labels) {
    if (ValidName(label)) metric.label.push_back({label, text});
  }
  if (family.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else if (family.type == prometheus::MetricType::Gauge) {
    metric.gauge.value = value;
  } else {
    metric.untyped.value = value;
  }
  family.metric.push_back(std::move(metric));
}

std::vector<prometheus::MetricFamily> MetricFamilies::Take() {
  std::vector<prometheus::MetricFamily> families;
  for (auto& [name, family] : families_) families.push_back(std::move(family));
  families_.clear();
  return families;
}

}  // namespace freshet
