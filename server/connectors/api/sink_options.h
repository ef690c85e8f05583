// The options that every sink takes beside its connector's own: how records are coded and what they mean.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/columnar/types.h"
#include "freshet/v1/physical_plan.pb.h"
#include "freshet/v1/plan.pb.h"
#include "server/connectors/api/queued_sink.h"
#include "server/formats/api/format.h"
#include "server/formats/api/option.h"

namespace freshet {

// Options of all sinks: key, buffer_bytes.
std::span<const OptionDeclaration> CommonSinkOptions();

OptionMap OptionsOf(const v1::Sink& sink);

// What a record of the sink means.
enum class SinkEnvelope : uint8_t { kPlain, kUpsert, kChanges };
SinkEnvelope SinkEnvelopeOf(std::string_view name);

// The names in an option that lists columns: `carrier, name`.
std::vector<std::string> ColumnNamesOf(std::string_view text);

// The columns of a sink. Error: a plan of another release.
absl::StatusOr<Schema> SinkSchemaOf(const v1::PhysicalSink& sink);
// How the sink's epochs are queued; `declared`: the connector's options.
absl::StatusOr<QueuedSink::Options> QueueOptionsOf(const v1::PhysicalSink& sink,
                                                   std::span<const OptionDeclaration> declared,
                                                   const SinkContext& context);

}  // namespace freshet
