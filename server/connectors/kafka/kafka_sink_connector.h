// Sinks to topics of Apache Kafka.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "server/connectors/api/sink_connector.h"
#include "server/connectors/kafka/sink_broker.h"

namespace freshet {

struct KafkaSinkOptions;

class KafkaSinkConnector final : public SinkConnector {
 public:
  using Connect = std::function<absl::StatusOr<std::unique_ptr<SinkBroker>>(const KafkaSinkOptions&)>;

  KafkaSinkConnector();
  // Another broker than that of librdkafka.
  explicit KafkaSinkConnector(Connect connect) : connect_(std::move(connect)) {}

  std::string_view name() const override { return "kafka"; }
  std::string_view doc() const override { return "writes a topic of Apache Kafka, epoch by epoch"; }
  std::span<const OptionDeclaration> options() const override;
  void Validate(const v1::Sink& sink, const ValidateContext& context, Problems& problems) const override;
  bool has_partitions() const override { return true; }
  absl::StatusOr<v1::SinkExtent> Resolve(const v1::PhysicalSink& sink, const ResolveContext& context) const override;
  absl::StatusOr<std::unique_ptr<ConnectorSink>> Open(const v1::PhysicalSink& sink, const v1::SinkExtent& extent,
                                                      const SinkContext& context) const override;

 private:
  const Connect connect_;
};

}  // namespace freshet
