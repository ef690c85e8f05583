#include "server/connectors/kafka/kafka_connector.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/connectors/api/record_options.h"
#include "server/connectors/kafka/kafka_client.h"
#include "server/connectors/kafka/kafka_options.h"
#include "server/connectors/kafka/kafka_source.h"

namespace freshet {
namespace {

constexpr int kResolveTimeoutMs = 5000;

// Brokers that are away are named by what the client last said about them: "timed out" helps nobody.
absl::Status WithReason(absl::Status status, const std::string& reason) {
  if (reason.empty() || CodeOf(status) != ErrorCode::kSourceUnreachable) return status;
  return MakeError(ErrorCode::kSourceUnreachable, StrCat(StdView(status.message()), ": ", reason));
}

int64_t StartOf(const KafkaOptions& options, int32_t partition, const KafkaClient::Offsets& offsets,
                const std::map<int32_t, int64_t>& at_time) {
  switch (options.start) {
    case KafkaStart::kEarliest:
      return offsets.low;
    case KafkaStart::kLatest:
      return offsets.high;
    case KafkaStart::kTimestamp: {
      auto found = at_time.find(partition);
      return found == at_time.end() ? offsets.high : found->second;
    }
    case KafkaStart::kOffsets: {
      auto found = options.start_offsets.find(partition);
      return found == options.start_offsets.end() ? offsets.low : found->second;
    }
  }
  __builtin_unreachable();
}

absl::StatusOr<v1::SourceExtent> ResolveTopic(KafkaClient& client, const KafkaOptions& options) {
  ASSIGN_OR_RETURN(int32_t count, client.PartitionCount(kResolveTimeoutMs));
  std::map<int32_t, int64_t> at_time;
  if (options.start == KafkaStart::kTimestamp) {
    ASSIGN_OR_RETURN(at_time, client.OffsetsAtTime(count, options.start_timestamp_ms, kResolveTimeoutMs));
  }
  v1::SourceExtent extent;
  for (int32_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(KafkaClient::Offsets offsets, client.QueryOffsets(i, kResolveTimeoutMs));
    v1::PartitionExtent& partition = *extent.add_partitions();
    partition.set_partition(KafkaPartitionName(options.topic, i));
    partition.set_start(StartOf(options, i, offsets, at_time));
    partition.set_load_end(std::max(offsets.high, partition.start()));
    partition.set_end(options.follow ? -1 : partition.load_end());
  }
  return extent;
}

}  // namespace

std::span<const OptionDeclaration> KafkaConnector::options() const { return KafkaOptionDeclarations(); }

Problems KafkaConnector::Validate(const v1::Table& table, const v1::SourceBinding& binding,
                                  const ValidateContext&) const {
  Problems problems;
  ValidateRecords(table, binding, {.connector = name(), .options = options(), .files = false}, problems);
  CheckKafkaOptions(binding, problems);
  return problems;
}

bool KafkaConnector::IsStatic(const v1::SourceBinding& binding) const {
  return OptionValue(options(), OptionsOf(binding), "mode") == "static";
}

std::string KafkaConnector::Identity(const v1::SourceBinding& binding) const {
  OptionMap given = OptionsOf(binding);
  return StrCat("kafka:", OptionValue(options(), given, "brokers"), "/", OptionValue(options(), given, "topic"));
}

absl::StatusOr<v1::SourceExtent> KafkaConnector::Resolve(const v1::PhysicalSource& source,
                                                         const ResolveContext& context) const {
  ASSIGN_OR_RETURN(KafkaOptions options, ReadKafkaOptions(source.binding(), context.pipeline, source.table()));
  std::string reason;
  ASSIGN_OR_RETURN(std::unique_ptr<KafkaClient> client,
                   KafkaClient::Make(options, [&](const std::string& error) { reason = error; }));
  absl::StatusOr<v1::SourceExtent> extent = ResolveTopic(*client, options);
  if (!extent.ok()) {
    client->Consume(0);  // hands out the errors that wait
    return WithReason(extent.status(), reason);
  }
  extent->set_source(source.source());
  return extent;
}

absl::StatusOr<std::unique_ptr<ConnectorSource>> KafkaConnector::Open(const v1::PhysicalSource& source,
                                                                      const v1::SourceExtent& extent,
                                                                      const SourceContext& context) const {
  ASSIGN_OR_RETURN(KafkaOptions options, ReadKafkaOptions(source.binding(), context.pipeline, source.table()));
  auto make_builder = [source] { return BlockBuilder::Make(source, false); };
  RETURN_IF_ERROR(make_builder().status());  // what is wrong with the definition is told now
  return std::make_unique<KafkaSource>(source, extent, context, std::move(options), make_builder);
}

}  // namespace freshet
