// The connector `kafka`.
#pragma once

#include "server/connectors/api/connector.h"

namespace freshet {

class KafkaConnector final : public Connector {
 public:
  std::string_view name() const override { return "kafka"; }
  std::string_view doc() const override { return "reads a topic of Apache Kafka"; }
  std::span<const OptionDeclaration> options() const override;
  Problems Validate(const v1::Table& table, const v1::SourceBinding& binding,
                    const ValidateContext& context) const override;
  bool IsStatic(const v1::SourceBinding& binding) const override;
  std::string Identity(const v1::SourceBinding& binding) const override;
  absl::StatusOr<v1::SourceExtent> Resolve(const v1::PhysicalSource& source,
                                           const ResolveContext& context) const override;
  absl::StatusOr<std::unique_ptr<ConnectorSource>> Open(const v1::PhysicalSource& source,
                                                        const v1::SourceExtent& extent,
                                                        const SourceContext& context) const override;
};

}  // namespace freshet
