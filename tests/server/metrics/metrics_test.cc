#include "server/metrics/metrics.h"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/metrics/metric_list.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ShardMetrics Shard(uint32_t number) {
  ShardMetrics shard;
  shard.pipeline = "flights";
  shard.shard = number;
  shard.report.mutable_status()->set_memory_bytes(4096);
  shard.report.set_lag_ms(250);
  v1::SourceStatus& source = *shard.report.add_sources();
  source.set_source("flights.0");
  source.set_table("flights");
  source.set_connector("files");
  source.set_rows(336776);
  source.set_dead_letters(2);
  v1::Metric& metric = *shard.report.add_metrics();
  metric.set_name("freshet_node_rows_in_total");
  (*metric.mutable_labels())["node"] = "join \"a\"";
  metric.set_value(7);
  return shard;
}

TEST(MetricListTest, EveryNameStandsOnceWithHelpAndConvention) {
  std::set<std::string_view> names;
  for (const MetricInfo& info : MetricList()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_TRUE(info.name.starts_with("freshet_")) << info.name;
    EXPECT_EQ(info.kind == MetricKind::kCounter, info.name.ends_with("_total")) << info.name;
    EXPECT_TRUE(info.help.ends_with('.')) << info.name;
    EXPECT_EQ(FindMetric(info.name), &info);
  }
  EXPECT_EQ(FindMetric("freshet_absent"), nullptr);
}

TEST(ServerMetricsTest, CountsRequestsByRouteAndStatusWithLatency) {
  ServerMetrics metrics;
  metrics.CountRequest("/v1/pipelines/{p}", 200, 0.002);
  metrics.CountRequest("/v1/pipelines/{p}", 200, 0.3);
  metrics.CountRequest("", 404, 0.001);
  std::string text = metrics.Render({});
  EXPECT_THAT(text, HasSubstr("# TYPE freshet_http_requests_total counter\n"));
  EXPECT_THAT(text, HasSubstr("# HELP freshet_http_requests_total Answered HTTP requests"));
  EXPECT_THAT(text, HasSubstr("freshet_http_requests_total{route=\"/v1/pipelines/{p}\",status=\"200\"} 2"));
  EXPECT_THAT(text, HasSubstr("freshet_http_requests_total{route=\"unmatched\",status=\"404\"} 1"));
  EXPECT_THAT(text, HasSubstr("# TYPE freshet_http_request_seconds histogram\n"));
  EXPECT_THAT(text, HasSubstr("freshet_http_request_seconds_bucket{route=\"/v1/pipelines/{p}\",le=\"0.0025\"} 1"));
  EXPECT_THAT(text, HasSubstr("freshet_http_request_seconds_count{route=\"/v1/pipelines/{p}\"} 2"));
}

TEST(ServerMetricsTest, RendersSourcesAndGenericMetricsOfEachShard) {
  ServerMetrics metrics;
  std::string text = metrics.Render({Shard(0), Shard(1)});
  EXPECT_THAT(text, HasSubstr("freshet_source_rows_total{pipeline=\"flights\",shard=\"1\",table=\"flights\","
                              "source=\"flights.0\",connector=\"files\"} 336776"));
  EXPECT_THAT(text, HasSubstr("freshet_source_connected{pipeline=\"flights\",shard=\"0\",table=\"flights\","
                              "source=\"flights.0\",connector=\"files\"} 1"));
  EXPECT_THAT(text, HasSubstr("freshet_shard_lag_seconds{pipeline=\"flights\",shard=\"0\"} 0.25"));
  EXPECT_THAT(text, HasSubstr("freshet_shard_memory_bytes{pipeline=\"flights\",shard=\"0\"} 4096"));
  EXPECT_THAT(text, HasSubstr("# TYPE freshet_node_rows_in_total counter\n"));
  EXPECT_THAT(text,
              HasSubstr("freshet_node_rows_in_total{pipeline=\"flights\",shard=\"0\",node=\"join \\\"a\\\"\"} 7"));
  EXPECT_EQ(text.find("# TYPE freshet_node_rows_in_total"), text.rfind("# TYPE freshet_node_rows_in_total"));
}

TEST(ServerMetricsTest, ATroubledSourceIsNotConnected) {
  ShardMetrics shard = Shard(0);
  shard.report.mutable_sources(0)->set_message("broker is away");
  EXPECT_THAT(ServerMetrics().Render({shard}), HasSubstr("connector=\"files\"} 0"));
}

TEST(ServerMetricsTest, UnknownMetricsOfAShardGoUntypedAndBadNamesGoNotAtAll) {
  ShardMetrics shard;
  shard.pipeline = "p";
  for (const char* name : {"freshet_of_tomorrow", "bad name", ""}) {
    v1::Metric& metric = *shard.report.add_metrics();
    metric.set_name(name);
    metric.set_value(1);
  }
  std::string text = ServerMetrics().Render({shard});
  EXPECT_THAT(text, HasSubstr("# TYPE freshet_of_tomorrow untyped\n"));
  EXPECT_THAT(text, Not(HasSubstr("bad name")));
}

TEST(ServerMetricsTest, RendersPipelinesWithTheirStateAndRestarts) {
  v1::Pipeline pipeline;
  pipeline.set_name("pipelines/flights");
  pipeline.set_state(v1::Pipeline::RUNNING);
  pipeline.mutable_status()->set_restarts(3);
  std::string text = ServerMetrics().Render({}, {pipeline});
  EXPECT_THAT(text, HasSubstr("freshet_pipeline_state{pipeline=\"flights\",state=\"RUNNING\"} 1"));
  EXPECT_THAT(text, HasSubstr("freshet_pipeline_state{pipeline=\"flights\",state=\"FAILED\"} 0"));
  EXPECT_THAT(text, HasSubstr("freshet_pipeline_restarts_total{pipeline=\"flights\"} 3"));
}

TEST(ServerMetricsTest, TellsAboutTheProcess) {
  std::string text = ServerMetrics().Render({});
  EXPECT_THAT(text, HasSubstr("freshet_server_memory_bytes "));
  EXPECT_THAT(text, HasSubstr("freshet_server_cpu_seconds_total "));
}

}  // namespace
}  // namespace freshet
