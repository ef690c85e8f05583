// The connectors of this release, in one explicit list, and the checks of a table's sources against it.
#pragma once

#include <span>
#include <string_view>

#include "server/connectors/api/connector.h"

namespace freshet {

std::span<const Connector* const> Connectors();
// nullptr: no connector of this name, or not one of this release.
const Connector* FindConnector(std::string_view name);

// Every problem of a table's sources: unknown connectors (with the nearest name), those that are not built, and what
// each connector finds. Paths are relative to the table (`sources/0/options.path`, `columns/2`). A table without
// sources would be filled over HTTP, which is not built in this release (UNSUPPORTED).
Problems ValidateSources(const v1::Table& table, const ValidateContext& context);

}  // namespace freshet
