// Sinks to files.
#pragma once

#include "server/connectors/api/sink_connector.h"

namespace freshet {

class FilesSinkConnector final : public SinkConnector {
 public:
  std::string_view name() const override { return "files"; }
  std::string_view doc() const override { return "writes changes to files of a folder, whole epochs only"; }
  std::span<const OptionDeclaration> options() const override;
  void Validate(const v1::Sink& sink, const ValidateContext& context, Problems& problems) const override;
  bool has_partitions() const override { return false; }
  absl::StatusOr<v1::SinkExtent> Resolve(const v1::PhysicalSink& sink, const ResolveContext& context) const override;
  absl::StatusOr<std::unique_ptr<ConnectorSink>> Open(const v1::PhysicalSink& sink, const v1::SinkExtent& extent,
                                                      const SinkContext& context) const override;
};

}  // namespace freshet
