// Memory, processor time and start of this process.
#pragma once

#include "server/metrics/metric_families.h"

namespace freshet {

// `start_seconds`: when the process started, in seconds since 1970.
void AddProcessSamples(double start_seconds, MetricFamilies* families);

}  // namespace freshet
