// What routes stand on. Everything in it outlives them.
#pragma once

#include <functional>
#include <string>

#include "server/metrics/metrics.h"
#include "server/pipelines/changes.h"
#include "server/pipelines/ingestor.h"
#include "server/pipelines/pipelines.h"
#include "server/pipelines/reader.h"
#include "server/settings/settings.h"

namespace freshet {

struct RouteServices {
  Pipelines& pipelines;
  Reader& reader;
  Ingestor& ingestor;
  Changes& changes;
  ServerMetrics& metrics;
  const Settings& settings;
  std::string version;
  // Runs what blocks on a worker thread.
  std::function<void(std::function<void()>)> run_on_worker;
  // False once the server drains.
  std::function<bool()> ready;
};

}  // namespace freshet
