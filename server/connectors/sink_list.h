// The sink connectors of this release, in one explicit list.
#pragma once

#include <span>
#include <string_view>

#include "server/connectors/api/sink_connector.h"

namespace freshet {

std::span<const SinkConnector* const> SinkConnectors();
// nullptr: none of this name.
const SinkConnector* FindSinkConnector(std::string_view name);

// Every problem of a sink's connector and options; paths are `connector` and `options.NAME`.
Problems ValidateSink(const v1::Sink& sink, const ValidateContext& context);

}  // namespace freshet
