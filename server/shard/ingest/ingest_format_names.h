// How the formats of requests are named in the log.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/connectors/ingest/ingest_feed.h"

namespace freshet {

std::string_view IngestFormatName(IngestFormat format);
// DATA_LOSS: not one of this release.
absl::StatusOr<IngestFormat> IngestFormatOf(std::string_view name);

}  // namespace freshet
