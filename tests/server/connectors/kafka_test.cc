// On librdkafka's mock cluster; a real broker is used by the system tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "server/connectors/kafka/kafka_connector.h"
#include "server/errors/error_list.h"
#include "tests/server/connectors/source_harness.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Message {
  int32_t partition = 0;
  std::optional<std::string> value;
  std::optional<std::string> key = std::nullopt;
  int64_t timestamp_ms = 0;
  std::string header = {};
};

class Kafka : public ::testing::Test {
 protected:
  Kafka() {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    char error[256];
    rd_kafka_conf_set(conf, "linger.ms", "5000", error, sizeof(error));  // what is not flushed becomes one batch
    producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
    cluster_ = rd_kafka_mock_cluster_new(producer_, 1);
    brokers_ = rd_kafka_mock_cluster_bootstraps(cluster_);
    rd_kafka_brokers_add(producer_, brokers_.c_str());
    rd_kafka_mock_topic_create(cluster_, "in", 3, 1);
    LearnTopic("in");
  }
  ~Kafka() override {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(producer_);
  }

  // What is queued before the producer knows the topic's partitions may go in several batches.
  void LearnTopic(const char* name) {
    rd_kafka_topic_t* topic = rd_kafka_topic_new(producer_, name, nullptr);
    const rd_kafka_metadata_t* metadata = nullptr;
    EXPECT_EQ(rd_kafka_metadata(producer_, 0, topic, &metadata, 10'000), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
  }
  // Sent with the next Send.
  void Queue(const Message& message, const char* topic = "in") {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(1);
    if (!message.header.empty()) {
      rd_kafka_header_add(headers, "h", -1, message.header.data(), static_cast<ssize_t>(message.header.size()));
    }
    const std::string value = message.value.value_or("");
    const std::string key = message.key.value_or("");
    void* value_data = message.value ? const_cast<char*>(value.data()) : nullptr;
    const void* key_data = message.key ? key.data() : nullptr;
    rd_kafka_resp_err_t error =
        rd_kafka_producev(producer_, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(message.partition),
                          RD_KAFKA_V_VALUE(value_data, value.size()), RD_KAFKA_V_KEY(key_data, key.size()),
                          RD_KAFKA_V_TIMESTAMP(message.timestamp_ms), RD_KAFKA_V_HEADERS(headers),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    ASSERT_EQ(error, RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void Send(const Message& message, const char* topic = "in") {
    Queue(message, topic);
    ASSERT_EQ(rd_kafka_flush(producer_, 10'000), RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  v1::PhysicalSource Source(Options options, std::vector<v1::Column> columns, std::vector<std::string> key = {}) {
    options.insert({{"brokers", brokers_}, {"topic", "in"}, {"format", "json"}, {"mode", "static"}});
    return MakeSource("kafka", std::move(columns), options, std::move(key));
  }
  v1::SourceExtent Resolve(const v1::PhysicalSource& source) {
    auto extent = connector_.Resolve(source, {"p", "", 1});
    EXPECT_TRUE(extent.ok()) << extent.status();
    return extent.ok() ? *extent : v1::SourceExtent();
  }

  KafkaConnector connector_;
  rd_kafka_t* producer_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  std::string brokers_;
};

std::vector<v1::Column> Pairs() { return {MakeColumn("a", v1::BIGINT), MakeColumn("b", v1::TEXT)}; }

TEST_F(Kafka, ReadsUpToTheEndOffsetsOfTheStart) {
  for (int i = 0; i < 6; ++i) Send({.partition = i % 3, .value = StrCat("{\"a\":", i, "}")});
  Send({.partition = 1, .value = "{"});
  v1::PhysicalSource source = Source({}, Pairs());
  v1::SourceExtent extent = Resolve(source);
  ASSERT_EQ(extent.partitions_size(), 3);
  EXPECT_EQ(extent.partitions(1).partition(), "in/000001");
  EXPECT_EQ(extent.partitions(1).end(), 3);
  Send({.partition = 0, .value = "{\"a\":99}"});  // behind the end
  std::vector<std::string> rows;
  for (uint32_t shard = 0; shard < 2; ++shard) {
    SourceRun run(connector_, source, extent, "", shard, 2);
    run.Open();
    ASSERT_TRUE(run.TakeUntilFinished());
    EXPECT_TRUE(run.source().Progress().loaded);
    if (shard == 1) EXPECT_THAT(run.DeadLetters(), ElementsAre("MALFORMED_RECORD in/000001 2"));
    for (std::string& row : run.Rows()) rows.push_back(row);
    if (shard == 0) EXPECT_EQ(run.source().TakePositions().at("in/000000").offset, 2);
  }
  std::sort(rows.begin(), rows.end());
  EXPECT_THAT(rows,
              ElementsAre("1 | 0, NULL", "1 | 1, NULL", "1 | 2, NULL", "1 | 3, NULL", "1 | 4, NULL", "1 | 5, NULL"));
}

TEST_F(Kafka, AnEmptyTopicEndsAtOnce) {
  v1::PhysicalSource source = Source({}, Pairs());
  v1::SourceExtent extent = Resolve(source);
  SourceRun run(connector_, source, extent);
  run.Open();
  EXPECT_TRUE(run.TakeUntilFinished());
}

TEST_F(Kafka, MetadataAndStampsComeWithTheRow) {
  std::vector<v1::Column> columns = Pairs();
  columns.resize(1);
  for (auto [name, kind, metadata] :
       {std::tuple("k", v1::TEXT, v1::Column::KEY), std::tuple("topic", v1::TEXT, v1::Column::TOPIC),
        std::tuple("p", v1::INTEGER, v1::Column::PARTITION), std::tuple("o", v1::BIGINT, v1::Column::OFFSET),
        std::tuple("ts", v1::TIMESTAMPTZ, v1::Column::TIMESTAMP)}) {
    columns.push_back(MakeColumn(name, kind));
    columns.back().set_metadata(metadata);
  }
  columns.push_back(MakeColumn("h", v1::TEXT));
  columns.back().set_header("h");
  Send({.partition = 2, .value = "{\"a\":1}", .key = "kk", .timestamp_ms = 1'700'000'000'000, .header = "hh"});
  Send({.partition = 2, .value = "{\"a\":2}", .timestamp_ms = 1'600'000'000'000});
  v1::PhysicalSource source = Source({}, columns);
  source.set_stamped(true);
  v1::SourceExtent extent = Resolve(source);
  SourceRun run(connector_, source, extent);
  run.Open();
  ASSERT_TRUE(run.TakeUntilFinished());
  EXPECT_THAT(run.Rows(),
              ElementsAre("1 | 1, kk, in, 2, 0, 2023-11-14T22:13:20Z, hh, 1700000000000000, in/000002, 0",
                          "1 | 2, NULL, in, 2, 1, 2020-09-13T12:26:40Z, NULL, 1700000000000000, in/000002, 1"));
}

TEST_F(Kafka, UpsertsTakeTombstonesWhoseKeyIsTheMessagesKey) {
  Send({.value = R"({"b":"x"})", .key = R"({"a":1})"});
  Send({.value = R"({"a":2,"b":"y"})", .key = R"({"a":9})"});
  Send({.value = std::nullopt, .key = "2"});
  Send({.value = std::nullopt});
  Send({.value = std::nullopt, .key = "{"});
  v1::PhysicalSource source = Source({{"envelope", "upsert"}, {"key_format", "json"}}, Pairs(), {"a"});
  v1::SourceExtent extent = Resolve(source);
  SourceRun run(connector_, source, extent);
  run.Open();
  ASSERT_TRUE(run.TakeUntilFinished());
  EXPECT_THAT(run.rows_in_order(), ElementsAre("1 | 1, x", "1 | 2, y", "-1 | 2, NULL"));
  EXPECT_THAT(run.DeadLetters(), ElementsAre("BAD_KEY in/000000 3", "BAD_KEY in/000000 4"));
}

TEST_F(Kafka, CsvAndRawMessages) {
  Send({.value = "1,\"x\ny\""});
  Send({.value = "2,z\r\n"});
  Send({.value = "1,x\n2,y"});
  v1::PhysicalSource csv = Source({{"format", "csv"}}, Pairs());
  v1::SourceExtent extent = Resolve(csv);
  SourceRun run(connector_, csv, extent);
  run.Open();
  ASSERT_TRUE(run.TakeUntilFinished());
  EXPECT_THAT(run.Rows(), ElementsAre("1 | 1, x\ny", "1 | 2, z"));
  EXPECT_THAT(run.DeadLetters(), ElementsAre("MALFORMED_RECORD in/000000 2"));
  v1::PhysicalSource raw = Source({{"format", "raw"}, {"max_record_bytes", "6"}}, {MakeColumn("b", v1::TEXT)});
  SourceRun raw_run(connector_, raw, extent);
  raw_run.Open();
  ASSERT_TRUE(raw_run.TakeUntilFinished());
  EXPECT_THAT(raw_run.Rows(), ElementsAre("1 | 2,z\r\n"));
  EXPECT_THAT(raw_run.DeadLetters(), ElementsAre("RECORD_TOO_LARGE in/000000 0", "RECORD_TOO_LARGE in/000000 2"));
}

TEST_F(Kafka, FollowsAndReplaysBetweenCuts) {
  for (int i = 0; i < 5; ++i) Send({.value = StrCat("{\"a\":", i, "}")});
  v1::PhysicalSource source = Source({{"mode", "follow"}}, Pairs());
  v1::SourceExtent extent = Resolve(source);
  Positions first;
  Positions second;
  {
    SourceRun run(connector_, source, extent);
    run.Open();
    ASSERT_TRUE(run.TakeRows(5));
    ASSERT_TRUE(run.TakeUntil([&] { return run.source().Progress().loaded; }));
    first = run.source().TakePositions();
    for (int i = 5; i < 8; ++i) Send({.value = StrCat("{\"a\":", i, "}")});
    ASSERT_TRUE(run.TakeRows(8));
    second = run.source().TakePositions();
    EXPECT_FALSE(run.source().Progress().finished);
  }
  Send({.value = "{\"a\":8}"});
  SourceRun replay(connector_, source, extent);
  replay.Open(first, second);
  ASSERT_TRUE(replay.TakeUntil([&] { return replay.source().Progress().at_until; }));
  EXPECT_THAT(replay.rows_in_order(), ElementsAre("1 | 5, NULL", "1 | 6, NULL", "1 | 7, NULL"));
  EXPECT_EQ(replay.source().TakePositions(), second);
  replay.source().Continue(std::nullopt);
  ASSERT_TRUE(replay.TakeRows(4));
  EXPECT_EQ(replay.rows_in_order().back(), "1 | 8, NULL");
}

// A replay asks for epoch after epoch: each would cost a round to the broker if what was fetched were fetched again.
TEST_F(Kafka, AReplayTakesWhatWasFetchedAheadWithoutTheBroker) {
  for (int i = 0; i < 5; ++i) Queue({.value = StrCat("{\"a\":", i, "}")});
  Send({.value = "{\"a\":5}"});
  v1::PhysicalSource source = Source({{"mode", "follow"}, {"kafka.reconnect.backoff.max.ms", "200"}}, Pairs());
  v1::SourceExtent extent = Resolve(source);
  SourceRun run(connector_, source, extent);
  auto up_to = [](int64_t offset) {
    Positions positions;
    positions["in/000000"].offset = offset;
    return positions;
  };
  run.Open({}, up_to(1));
  ASSERT_TRUE(run.TakeUntil([&] { return run.source().Progress().at_until; }));
  rd_kafka_mock_broker_set_down(cluster_, 1);
  for (int64_t offset : {2, 2, 4, 5}) {
    run.source().Continue(up_to(offset));
    ASSERT_TRUE(run.TakeUntil([&] { return run.source().Progress().at_until; })) << offset;
    ASSERT_EQ(run.rows_in_order().size(), static_cast<size_t>(offset));
  }
  EXPECT_EQ(run.source().TakePositions().at("in/000000").records, 5);
  rd_kafka_mock_broker_set_up(cluster_, 1);
  run.source().Continue(std::nullopt);
  Send({.value = "{\"a\":6}"});
  ASSERT_TRUE(run.TakeRows(7));
  for (int i = 0; i < 7; ++i) EXPECT_EQ(run.rows_in_order()[static_cast<size_t>(i)], StrCat("1 | ", i, ", NULL"));
}

TEST_F(Kafka, StartsAtTheOffsetsGiven) {
  for (int i = 0; i < 5; ++i) Send({.value = StrCat("{\"a\":", i, "}")});
  v1::PhysicalSource source = Source({{"start", "offsets"}, {"start_offsets", "0:3"}}, Pairs());
  v1::SourceExtent extent = Resolve(source);
  SourceRun run(connector_, source, extent);
  run.Open();
  ASSERT_TRUE(run.TakeUntilFinished());
  EXPECT_THAT(run.Rows(), ElementsAre("1 | 3, NULL", "1 | 4, NULL"));
  EXPECT_EQ(Resolve(Source({{"start", "latest"}}, Pairs())).partitions(0).start(), 5);
}

TEST_F(Kafka, AnOffsetThatIsGoneIsReported) {
  Send({.value = "{\"a\":1}"});
  v1::PhysicalSource source = Source({{"mode", "follow"}}, Pairs());
  v1::SourceExtent extent = Resolve(source);
  extent.mutable_partitions(0)->set_start(100);
  SourceRun run(connector_, source, extent);
  run.Open();
  ASSERT_TRUE(run.TakeUntil([&] { return !run.source().Health().ok(); }));
  EXPECT_EQ(CodeOf(run.source().Health()), ErrorCode::kSourceChanged);
  EXPECT_THAT(std::string(run.source().Health().message()), HasSubstr("in/000000"));
}

TEST_F(Kafka, ALostBrokerIsToldAndComesBack) {
  Send({.value = "{\"a\":1}"});
  v1::PhysicalSource source = Source({{"mode", "follow"}, {"kafka.reconnect.backoff.max.ms", "200"}}, Pairs());
  v1::SourceExtent extent = Resolve(source);
  SourceRun run(connector_, source, extent);
  run.Open();
  ASSERT_TRUE(run.TakeRows(1));
  rd_kafka_mock_broker_set_down(cluster_, 1);
  ASSERT_TRUE(run.TakeUntil([&] { return !run.source().Status().message().empty(); }));
  EXPECT_THAT(run.source().Status().message(), HasSubstr("trying again"));
  EXPECT_TRUE(run.source().Health().ok());
  rd_kafka_mock_broker_set_up(cluster_, 1);
  Send({.value = "{\"a\":2}"});
  ASSERT_TRUE(run.TakeRows(2));
  EXPECT_EQ(run.source().Status().message(), "");
}

TEST(KafkaAway, ResolveSaysUnavailableAndNamesTheBroker) {
  KafkaConnector connector;
  v1::PhysicalSource source =
      MakeSource("kafka", Pairs(), {{"brokers", "127.0.0.1:1"}, {"topic", "in"}, {"format", "json"}});
  absl::Status status = connector.Resolve(source, {"p", "", 1}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(CodeOf(status), ErrorCode::kSourceUnreachable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("127.0.0.1:1"));
}

}  // namespace
}  // namespace freshet
