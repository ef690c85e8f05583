#include "server/connectors/api/sink_options.h"

#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/formats/api/table_shape.h"

namespace freshet {
namespace {

const OptionDeclaration kCommon[] = {
    {.name = "key",
     .doc = "the columns that no two rows are equal in; default: the view's key, or what is proved unique"},
    {.name = "buffer_bytes",
     .doc = "what may wait on each shard to be written; above it no further epoch is cut",
     .default_value = "67108864",
     .check = CheckPositiveInteger},
};

}  // namespace

std::span<const OptionDeclaration> CommonSinkOptions() { return kCommon; }

OptionMap OptionsOf(const v1::Sink& sink) { return OptionMap(sink.options().begin(), sink.options().end()); }

SinkEnvelope SinkEnvelopeOf(std::string_view name) {
  if (name == "upsert") return SinkEnvelope::kUpsert;
  return name == "changes" ? SinkEnvelope::kChanges : SinkEnvelope::kPlain;
}

std::vector<std::string> ColumnNamesOf(std::string_view text) {
  std::vector<std::string> names;
  for (absl::string_view part : absl::StrSplit(AbslView(text), ',')) {
    names.emplace_back(absl::StripAsciiWhitespace(part));
  }
  return names;
}

absl::StatusOr<Schema> SinkSchemaOf(const v1::PhysicalSink& sink) {
  Schema schema;
  for (const v1::Field& field : sink.schema()) {
    std::optional<DataType> type = EngineType(field.type());
    if (!type) return MakeError(ErrorCode::kUnsupportedType, StrCat("the type of column ", field.name()));
    schema.push_back({field.name(), *type});
  }
  return schema;
}

absl::StatusOr<QueuedSink::Options> QueueOptionsOf(const v1::PhysicalSink& sink,
                                                   std::span<const OptionDeclaration> declared,
                                                   const SinkContext& context) {
  const v1::Sink& declaration = sink.declaration();
  QueuedSink::Options options;
  options.name = declaration.name();
  options.from = declaration.from();
  options.connector = declaration.connector();
  options.wake = context.wake;
  options.clock = context.clock;
  std::string bytes = OptionValue(declared, OptionsOf(declaration), "buffer_bytes");
  RETURN_IF_ERROR(CheckPositiveInteger(bytes));
  std::from_chars(bytes.data(), bytes.data() + bytes.size(), options.buffer_bytes);
  return options;
}

}  // namespace freshet
