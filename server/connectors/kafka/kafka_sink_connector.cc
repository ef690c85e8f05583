#include "server/connectors/kafka/kafka_sink_connector.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/connectors/api/queued_sink.h"
#include "server/connectors/api/sink_options.h"
#include "server/connectors/kafka/kafka_options.h"
#include "server/connectors/kafka/kafka_sink_broker.h"
#include "server/connectors/kafka/topic_writer.h"

namespace freshet {
namespace {

constexpr std::string_view kClientPrefix = "kafka.";
// Properties that say how a consumer fetches; a sink's consumer only looks at the ends of partitions.
constexpr std::string_view kConsumerOnly[] = {
    "kafka.fetch.min.bytes",
    "kafka.fetch.wait.max.ms",
    "kafka.fetch.max.bytes",
    "kafka.queued.min.messages",
    "kafka.queued.max.messages.kbytes",
    "kafka.max.partition.fetch.bytes",
    "kafka.check.crcs",
    "kafka.client.rack",
};
const OptionDeclaration kProducerOnly[] = {
    {.name = "kafka.linger.ms", .doc = "how long a record waits for others to be sent with it"},
    {.name = "kafka.batch.size", .doc = "most bytes of records sent together"},
    {.name = "kafka.batch.num.messages", .doc = "most records sent together"},
    {.name = "kafka.compression.codec", .doc = "none, gzip, snappy, lz4 or zstd"},
    {.name = "kafka.compression.level", .doc = "level of the codec"},
    {.name = "kafka.message.max.bytes", .doc = "most bytes of a record"},
    {.name = "kafka.request.timeout.ms", .doc = "how long a broker may wait for its replicas"},
};

std::vector<OptionDeclaration> MakeDeclarations() {
  std::vector<OptionDeclaration> declared = {
      {.name = "brokers", .doc = "host:port of some brokers, with commas between them", .required = true},
      {.name = "topic", .doc = "the topic to write; it must be there", .required = true},
      {.name = "format", .doc = "how records are coded", .default_value = "json", .allowed = {"json"}},
      {.name = "envelope",
       .doc = "what a record means: a row (of what never changes), an upsert by key, or a row with a weight",
       .default_value = "plain",
       .allowed = {"plain", "upsert", "changes"}},
      {.name = "partition_by", .doc = "the columns that choose the partition; default: the key, else the whole row"},
      {.name = "delivery",
       .doc = "per_epoch: each epoch at once, its records numbered",
       .default_value = "per_epoch",
       .allowed = {"per_epoch", "transactional"}},
  };
  for (const OptionDeclaration& option : CommonSinkOptions()) declared.push_back(option);
  for (const OptionDeclaration& option : KafkaOptionDeclarations()) {
    bool of_consumers =
        std::find(std::begin(kConsumerOnly), std::end(kConsumerOnly), option.name) != std::end(kConsumerOnly);
    if (option.name.starts_with(kClientPrefix) && !of_consumers) declared.push_back(option);
  }
  declared.insert(declared.end(), std::begin(kProducerOnly), std::end(kProducerOnly));
  return declared;
}

const std::vector<OptionDeclaration>& Declarations() {
  static const std::vector<OptionDeclaration> declarations = MakeDeclarations();
  return declarations;
}

absl::StatusOr<KafkaSinkOptions> ReadOptions(const v1::Sink& sink, std::string_view pipeline) {
  OptionMap given = OptionsOf(sink);
  KafkaSinkOptions options;
  options.consumer.brokers = OptionValue(Declarations(), given, "brokers");
  options.consumer.topic = OptionValue(Declarations(), given, "topic");
  options.consumer.group = StrCat("freshet.", pipeline, ".", sink.name());
  for (const auto& [name, value] : given) {
    if (!name.starts_with(kClientPrefix)) continue;
    std::string property = name.substr(kClientPrefix.size());
    options.properties[property] = value;
    bool of_producers = std::any_of(std::begin(kProducerOnly), std::end(kProducerOnly),
                                    [&](const OptionDeclaration& option) { return option.name == name; });
    if (!of_producers) options.consumer.client[property] = value;
  }
  return options;
}

KeyColumns ColumnsOf(const google::protobuf::RepeatedField<uint32_t>& columns) {
  KeyColumns read;
  for (uint32_t column : columns) read.emplace_back(column);
  return read;
}

}  // namespace

KafkaSinkConnector::KafkaSinkConnector() : connect_(KafkaSinkBroker::Make) {}

std::span<const OptionDeclaration> KafkaSinkConnector::options() const { return Declarations(); }

void KafkaSinkConnector::Validate(const v1::Sink& sink, const ValidateContext&, Problems& problems) const {
  OptionMap given = OptionsOf(sink);
  for (const char* name : {"brokers", "topic"}) {
    if (given.contains(name) && given[name].empty()) {
      AddProblem(problems, ErrorCode::kInvalidOption, StrCat("options.", name), StrCat("option ", name, " is empty"));
    }
  }
  if (given.contains("delivery") && given["delivery"] == "transactional") {
    AddProblem(problems, ErrorCode::kUnsupported, "options.delivery",
               "delivery transactional is not built in this release",
               "take per_epoch: exact for readers that drop records whose {epoch, sequence} they have seen");
  }
  v1::SourceBinding client;  // for the checks of client properties
  for (const auto& [name, value] : given) {
    if (name.starts_with(kClientPrefix)) (*client.mutable_options())[name] = value;
  }
  CheckKafkaOptions(client, problems);
}

absl::StatusOr<v1::SinkExtent> KafkaSinkConnector::Resolve(const v1::PhysicalSink& sink,
                                                           const ResolveContext& context) const {
  ASSIGN_OR_RETURN(KafkaSinkOptions options, ReadOptions(sink.declaration(), context.pipeline));
  ASSIGN_OR_RETURN(std::unique_ptr<SinkBroker> broker, connect_(options));
  v1::SinkExtent extent;
  ASSIGN_OR_RETURN(uint32_t partitions, broker->PartitionCount());
  extent.set_partitions(partitions);
  return extent;
}

absl::StatusOr<std::unique_ptr<ConnectorSink>> KafkaSinkConnector::Open(const v1::PhysicalSink& sink,
                                                                        const v1::SinkExtent& extent,
                                                                        const SinkContext& context) const {
  const v1::Sink& declaration = sink.declaration();
  ASSIGN_OR_RETURN(KafkaSinkOptions options, ReadOptions(declaration, context.pipeline));
  options.sink_id = StrCat(context.pipeline_uid, "/", declaration.name());
  TopicWriter::Options writer;
  writer.topic = options.consumer.topic;
  writer.shard = context.shard;
  writer.shard_count = static_cast<uint16_t>(context.shard_count);
  ASSIGN_OR_RETURN(writer.coding.schema, SinkSchemaOf(sink));
  writer.coding.key = ColumnsOf(sink.key());
  writer.coding.has_key = !sink.key().empty() || sink.key_unique();
  writer.coding.partition_by = ColumnsOf(sink.partition_by());
  writer.coding.partition_count = extent.partitions();
  writer.coding.envelope = SinkEnvelopeOf(OptionValue(Declarations(), OptionsOf(declaration), "envelope"));
  ASSIGN_OR_RETURN(QueuedSink::Options queue, QueueOptionsOf(sink, Declarations(), context));
  auto made = std::make_unique<QueuedSink>(
      std::move(queue),
      std::make_unique<TopicWriter>(std::move(writer), [connect = connect_, options] { return connect(options); }));
  if (context.threads) made->StartThread();
  return made;
}

}  // namespace freshet
