#include "server/connectors/ingest/http_connector.h"

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/connectors/ingest/ingest_source.h"

namespace freshet {
namespace {

absl::Status CheckRecordBytes(std::string_view value) { return CheckPositiveInteger(value); }

// How a request is coded, its Content-Type says; these hold for all of them. As those of the other connectors.
const OptionDeclaration kOptions[] = {
    {.name = "bad_value",
     .doc = "what becomes of a value that does not fit its column: an ERROR cell, NULL, or a rejected record",
     .default_value = "error",
     .allowed = {"error", "null", "dead_letter"}},
    {.name = "max_record_bytes",
     .doc = "a longer record is rejected",
     .default_value = "16777216",
     .check = CheckRecordBytes},
};

void CheckColumn(const v1::Column& column, int index, Problems& problems) {
  auto absent = [&](std::string_view what) {
    AddProblem(problems, ErrorCode::kInvalidOption, StrCat("/columns/", index),
               StrCat("column ", column.name(), " is to come from ", what, ", which connector http does not have"),
               "records sent over HTTP have an offset and a timestamp");
  };
  if (column.from_case() == v1::Column::kHeader) absent("a message header");
  if (column.from_case() != v1::Column::kMetadata) return;
  const v1::Column::Metadata metadata = column.metadata();
  if (metadata != v1::Column::OFFSET && metadata != v1::Column::TIMESTAMP) {
    return absent(v1::Column::Metadata_Name(metadata));
  }
  const v1::TypeKind kind = column.type().kind();
  bool fits = metadata == v1::Column::OFFSET ? kind == v1::BIGINT : kind == v1::TIMESTAMPTZ || kind == v1::TIMESTAMP;
  if (fits) return;
  AddProblem(problems, ErrorCode::kTypeMismatch, StrCat("/columns/", index, ".type"),
             StrCat("column ", column.name(), " takes metadata that is ",
                    metadata == v1::Column::OFFSET ? "a bigint" : "a timestamptz or timestamp"));
}

}  // namespace

std::span<const OptionDeclaration> HttpConnector::options() const { return kOptions; }

Problems HttpConnector::Validate(const v1::Table& table, const v1::SourceBinding& binding,
                                 const ValidateContext&) const {
  Problems problems;
  OptionMap given = OptionsOf(binding);
  CheckOptions("connector http", kOptions, given, problems);
  for (int i = 0; i < table.columns_size(); ++i) CheckColumn(table.columns(i), i, problems);
  return problems;
}

// Where the log ends is known only to whoever holds it; the source's load is what it holds when it is opened.
absl::StatusOr<v1::SourceExtent> HttpConnector::Resolve(const v1::PhysicalSource& source, const ResolveContext&) const {
  v1::SourceExtent extent;
  extent.set_source(source.source());
  return extent;
}

absl::StatusOr<std::unique_ptr<ConnectorSource>> HttpConnector::Open(const v1::PhysicalSource& source,
                                                                     const v1::SourceExtent&,
                                                                     const SourceContext& context) const {
  ASSIGN_OR_RETURN(std::unique_ptr<IngestDecoder> decoder, IngestDecoder::Make(source));
  const bool reads = context.shard == ShardId(0);
  CHECK(!reads || context.ingest != nullptr) << "shard 0 has the pipeline's log";
  return std::make_unique<IngestSource>(source, context, std::move(decoder), reads ? context.ingest : nullptr);
}

}  // namespace freshet
