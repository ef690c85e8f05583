// Samples of pipelines and their shards out of their last reports.
#pragma once

#include "freshet/v1/pipeline.pb.h"
#include "server/metrics/metric_families.h"
#include "server/metrics/shard_metrics.h"

namespace freshet {

void AddShardSamples(const ShardMetrics& shard, MetricFamilies* families);
void AddPipelineSamples(const v1::Pipeline& pipeline, MetricFamilies* families);

}  // namespace freshet
