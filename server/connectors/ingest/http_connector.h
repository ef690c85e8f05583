// The connector `http`: rows that users send over HTTP (POST /v1/pipelines/{p}/tables/{t}:ingest), kept in the
// pipeline's log.
#pragma once

#include "server/connectors/api/connector.h"

namespace freshet {

class HttpConnector : public Connector {
 public:
  std::string_view name() const override { return "http"; }
  std::string_view doc() const override { return "rows that are sent over HTTP"; }
  std::span<const OptionDeclaration> options() const override;
  Problems Validate(const v1::Table& table, const v1::SourceBinding& binding,
                    const ValidateContext& context) const override;
  bool IsStatic(const v1::SourceBinding&) const override { return false; }
  std::string Identity(const v1::SourceBinding&) const override { return "http:"; }
  absl::StatusOr<v1::SourceExtent> Resolve(const v1::PhysicalSource& source,
                                           const ResolveContext& context) const override;
  absl::StatusOr<std::unique_ptr<ConnectorSource>> Open(const v1::PhysicalSource& source,
                                                        const v1::SourceExtent& extent,
                                                        const SourceContext& context) const override;
};

}  // namespace freshet
