// Gathers samples into Prometheus families; what is sampled at each scrape goes through it.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>

namespace freshet {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

class MetricFamilies {
 public:
  // `name` is in the metric list and no histogram; a name that is not, as a newer shard may send, goes without type and
  // help.
  void Add(std::string_view name, const MetricLabels& labels, double value);

  // In the order of their names.
  std::vector<prometheus::MetricFamily> Take();

 private:
  std::map<std::string, prometheus::MetricFamily, std::less<>> families_;
};

}  // namespace freshet
