// The connector `files`.
#pragma once

#include "server/connectors/api/connector.h"

namespace freshet {

class FilesConnector final : public Connector {
 public:
  // Files above it are read in ranges.
  static constexpr uint64_t kSplitBytes = 64u << 20;

  explicit FilesConnector(uint64_t split_bytes = kSplitBytes) : split_bytes_(split_bytes) {}

  std::string_view name() const override { return "files"; }
  std::string_view doc() const override { return "reads files: a file, a folder or a pattern"; }
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

 private:
  uint64_t split_bytes_;
};

}  // namespace freshet
