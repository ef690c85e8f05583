#include "server/errors/error_list.h"

#include <string>

#include "absl/strings/cord.h"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

constexpr char kPayloadUrl[] = "freshet.v1.ErrorCode";

constexpr ErrorInfo kErrors[] = {
    {ErrorCode::kInvalidRequest, "INVALID_REQUEST", absl::StatusCode::kInvalidArgument, 400,
     "The request is malformed."},
    {ErrorCode::kUnknownField, "UNKNOWN_FIELD", absl::StatusCode::kInvalidArgument, 400,
     "A field or parameter is not known."},
    {ErrorCode::kUnsupported, "UNSUPPORTED", absl::StatusCode::kUnimplemented, 501,
     "It is described but not built in this release."},
    {ErrorCode::kNotFound, "NOT_FOUND", absl::StatusCode::kNotFound, 404, "There is no such resource."},
    {ErrorCode::kAlreadyExists, "ALREADY_EXISTS", absl::StatusCode::kAlreadyExists, 409,
     "A resource of this name exists."},
    {ErrorCode::kEtagMismatch, "ETAG_MISMATCH", absl::StatusCode::kAborted, 412,
     "The resource changed since the given etag was read."},
    {ErrorCode::kRequestTooLarge, "REQUEST_TOO_LARGE", absl::StatusCode::kResourceExhausted, 413,
     "The request is above its size limit."},
    {ErrorCode::kUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", absl::StatusCode::kInvalidArgument, 415,
     "The content type is not one of those taken."},
    {ErrorCode::kTooManyRequests, "TOO_MANY_REQUESTS", absl::StatusCode::kResourceExhausted, 429,
     "Too many requests wait; try again later."},
    {ErrorCode::kIdempotencyConflict, "IDEMPOTENCY_CONFLICT", absl::StatusCode::kAlreadyExists, 409,
     "The Idempotency-Key was used for another request; take a new one."},
    {ErrorCode::kNotIngested, "NOT_INGESTED", absl::StatusCode::kFailedPrecondition, 409,
     "The table is filled by its sources, not over HTTP."},
    {ErrorCode::kInternal, "INTERNAL", absl::StatusCode::kInternal, 500, "A defect of the server; its log tells more."},
    {ErrorCode::kUnavailable, "UNAVAILABLE", absl::StatusCode::kUnavailable, 503,
     "The server or a shard cannot answer now; try again."},
    {ErrorCode::kMethodNotAllowed, "METHOD_NOT_ALLOWED", absl::StatusCode::kUnimplemented, 405,
     "The path does not take this method."},
    {ErrorCode::kInvalidDefinition, "INVALID_DEFINITION", absl::StatusCode::kInvalidArgument, 422,
     "The definition has problems; each is listed."},
    {ErrorCode::kSyntaxError, "SYNTAX_ERROR", absl::StatusCode::kInvalidArgument, 422, "The text cannot be parsed."},
    {ErrorCode::kDuplicateKey, "DUPLICATE_KEY", absl::StatusCode::kInvalidArgument, 422,
     "A key stands twice in one mapping."},
    {ErrorCode::kMissingField, "MISSING_FIELD", absl::StatusCode::kInvalidArgument, 422, "A required field is absent."},
    {ErrorCode::kInvalidName, "INVALID_NAME", absl::StatusCode::kInvalidArgument, 422,
     "A name does not follow the rules for names."},
    {ErrorCode::kDuplicateName, "DUPLICATE_NAME", absl::StatusCode::kInvalidArgument, 422,
     "Two things have the same name."},
    {ErrorCode::kUnknownTable, "UNKNOWN_TABLE", absl::StatusCode::kInvalidArgument, 422, "No table has this name."},
    {ErrorCode::kUnknownRelation, "UNKNOWN_RELATION", absl::StatusCode::kInvalidArgument, 422,
     "No table or view has this name."},
    {ErrorCode::kUnknownColumn, "UNKNOWN_COLUMN", absl::StatusCode::kInvalidArgument, 422, "No column has this name."},
    {ErrorCode::kAmbiguousColumn, "AMBIGUOUS_COLUMN", absl::StatusCode::kInvalidArgument, 422,
     "Several inputs have a column of this name."},
    {ErrorCode::kUnknownFunction, "UNKNOWN_FUNCTION", absl::StatusCode::kInvalidArgument, 422,
     "No function has this name and these argument types."},
    {ErrorCode::kUnknownType, "UNKNOWN_TYPE", absl::StatusCode::kInvalidArgument, 422, "No type has this name."},
    {ErrorCode::kUnsupportedType, "UNSUPPORTED_TYPE", absl::StatusCode::kInvalidArgument, 422,
     "The type is described but not built in this release."},
    {ErrorCode::kTypeMismatch, "TYPE_MISMATCH", absl::StatusCode::kInvalidArgument, 422,
     "A type does not fit where it stands."},
    {ErrorCode::kNotAggregated, "NOT_AGGREGATED", absl::StatusCode::kInvalidArgument, 422,
     "A column is neither a key nor inside of an aggregate function."},
    {ErrorCode::kMisplacedAggregate, "MISPLACED_AGGREGATE", absl::StatusCode::kInvalidArgument, 422,
     "An aggregate function stands where none can."},
    {ErrorCode::kInvalidLiteral, "INVALID_LITERAL", absl::StatusCode::kInvalidArgument, 422,
     "A literal cannot be read as its type."},
    {ErrorCode::kCyclicViews, "CYCLIC_VIEWS", absl::StatusCode::kInvalidArgument, 422,
     "Views read each other in a cycle."},
    {ErrorCode::kUnsupportedJoin, "UNSUPPORTED_JOIN", absl::StatusCode::kInvalidArgument, 422,
     "The join has a form that is not built in this release."},
    {ErrorCode::kKeyNotUnique, "KEY_NOT_UNIQUE", absl::StatusCode::kInvalidArgument, 422,
     "The key is not proved unique."},
    {ErrorCode::kMissingPrimaryKey, "MISSING_PRIMARY_KEY", absl::StatusCode::kInvalidArgument, 422,
     "The table needs a primary key for this."},
    {ErrorCode::kDeletesNotTaken, "DELETES_NOT_TAKEN", absl::StatusCode::kInvalidArgument, 422,
     "The table takes no deletes, and this needs them."},
    {ErrorCode::kUnknownConnector, "UNKNOWN_CONNECTOR", absl::StatusCode::kInvalidArgument, 422,
     "No connector has this name."},
    {ErrorCode::kUnknownFormat, "UNKNOWN_FORMAT", absl::StatusCode::kInvalidArgument, 422, "No format has this name."},
    {ErrorCode::kUnknownOption, "UNKNOWN_OPTION", absl::StatusCode::kInvalidArgument, 422,
     "The connector or format has no such option."},
    {ErrorCode::kMissingOption, "MISSING_OPTION", absl::StatusCode::kInvalidArgument, 422,
     "A required option is absent."},
    {ErrorCode::kInvalidOption, "INVALID_OPTION", absl::StatusCode::kInvalidArgument, 422,
     "The value of an option is not one that it takes."},
    {ErrorCode::kLiteralSecret, "LITERAL_SECRET", absl::StatusCode::kInvalidArgument, 422,
     "A secret is written out; use ${env:X} or ${file:P}."},
    {ErrorCode::kPathOutsideRoot, "PATH_OUTSIDE_ROOT", absl::StatusCode::kInvalidArgument, 422,
     "The path is not under the setting files.root."},
    {ErrorCode::kExpressionTooLarge, "EXPRESSION_TOO_LARGE", absl::StatusCode::kInvalidArgument, 422,
     "The expression is above 64 KiB or nested deeper than 500."},
    {ErrorCode::kHydrating, "HYDRATING", absl::StatusCode::kUnavailable, 503,
     "The first fill is not complete; progress is told."},
    {ErrorCode::kRecovering, "RECOVERING", absl::StatusCode::kUnavailable, 503,
     "The pipeline restarts and has not reached what was seen before."},
    {ErrorCode::kNotRunning, "NOT_RUNNING", absl::StatusCode::kFailedPrecondition, 409, "The pipeline is stopped."},
    {ErrorCode::kPipelineFailed, "PIPELINE_FAILED", absl::StatusCode::kFailedPrecondition, 503,
     "The pipeline failed; its status tells why."},
    {ErrorCode::kPipelineReplaced, "PIPELINE_REPLACED", absl::StatusCode::kFailedPrecondition, 410,
     "The token belongs to another pipeline or revision."},
    {ErrorCode::kEpochGone, "EPOCH_GONE", absl::StatusCode::kOutOfRange, 410, "The epoch is no longer kept."},
    {ErrorCode::kEpochNotReached, "EPOCH_NOT_REACHED", absl::StatusCode::kInvalidArgument, 400,
     "The epoch is above the newest."},
    {ErrorCode::kSlowConsumer, "SLOW_CONSUMER", absl::StatusCode::kResourceExhausted, 429,
     "The subscriber takes changes slower than they come."},
    {ErrorCode::kInvalidToken, "INVALID_TOKEN", absl::StatusCode::kInvalidArgument, 400,
     "The token was not made by this server."},
    {ErrorCode::kNotMaterialized, "NOT_MATERIALIZED", absl::StatusCode::kFailedPrecondition, 409,
     "The relation keeps no rows; declare it materialized."},
    {ErrorCode::kInvalidKey, "INVALID_KEY", absl::StatusCode::kInvalidArgument, 400,
     "The key cannot be read as the types of the key columns."},
    {ErrorCode::kMalformedRecord, "MALFORMED_RECORD", absl::StatusCode::kInvalidArgument, 422,
     "A record's framing is broken."},
    {ErrorCode::kTooManyFields, "TOO_MANY_FIELDS", absl::StatusCode::kInvalidArgument, 422,
     "A CSV record has more fields than columns."},
    {ErrorCode::kTooFewFields, "TOO_FEW_FIELDS", absl::StatusCode::kInvalidArgument, 422,
     "A CSV record has fewer fields than columns."},
    {ErrorCode::kBadKey, "BAD_KEY", absl::StatusCode::kInvalidArgument, 422,
     "A key column is absent, NULL or not of its type."},
    {ErrorCode::kNullViolation, "NULL_VIOLATION", absl::StatusCode::kInvalidArgument, 422,
     "A NOT NULL column without default has no value."},
    {ErrorCode::kBadValue, "BAD_VALUE", absl::StatusCode::kInvalidArgument, 422, "A value does not fit its column."},
    {ErrorCode::kMissingVersion, "MISSING_VERSION", absl::StatusCode::kInvalidArgument, 422,
     "A delete carries no version."},
    {ErrorCode::kDeleteNotTaken, "DELETE_NOT_TAKEN", absl::StatusCode::kInvalidArgument, 422,
     "A delete came for a table that takes none."},
    {ErrorCode::kRecordTooLarge, "RECORD_TOO_LARGE", absl::StatusCode::kInvalidArgument, 422,
     "A record is above the size limit."},
    {ErrorCode::kInvalidUtf8, "INVALID_UTF8", absl::StatusCode::kInvalidArgument, 422, "A text is not valid UTF-8."},
    {ErrorCode::kSourceUnreachable, "SOURCE_UNREACHABLE", absl::StatusCode::kUnavailable, 503,
     "A source cannot be reached; it is tried again for ever."},
    {ErrorCode::kSourceChanged, "SOURCE_CHANGED", absl::StatusCode::kDataLoss, 500,
     "A source's input changed behind what was read."},
    {ErrorCode::kFileUnreadable, "FILE_UNREADABLE", absl::StatusCode::kPermissionDenied, 403,
     "The server may not read a file or folder."},
    {ErrorCode::kSinkChanged, "SINK_CHANGED", absl::StatusCode::kFailedPrecondition, 500,
     "Where a sink writes has changed behind what was written."},
    {ErrorCode::kSinkUnreachable, "SINK_UNREACHABLE", absl::StatusCode::kUnavailable, 503,
     "Where a sink writes does not answer; it is tried again."},
    {ErrorCode::kMemoryLimit, "MEMORY_LIMIT", absl::StatusCode::kResourceExhausted, 503,
     "A shard went above the pipeline's memory limit."},
    {ErrorCode::kShardDied, "SHARD_DIED", absl::StatusCode::kUnavailable, 503, "A shard process ended."},
    {ErrorCode::kShardStalled, "SHARD_STALLED", absl::StatusCode::kUnavailable, 503,
     "A shard made no progress in time."},
    {ErrorCode::kDiskFull, "DISK_FULL", absl::StatusCode::kResourceExhausted, 507, "The disk has no room."},
    {ErrorCode::kLogDamaged, "LOG_DAMAGED", absl::StatusCode::kDataLoss, 500,
     "What was durable in a pipeline's log cannot be read."},
    {ErrorCode::kDataDirectoryLocked, "DATA_DIRECTORY_LOCKED", absl::StatusCode::kFailedPrecondition, 409,
     "Another freshetd uses the data directory."},
    {ErrorCode::kDataDirectoryVersion, "DATA_DIRECTORY_VERSION", absl::StatusCode::kFailedPrecondition, 409,
     "The data directory was written by another release."},
    {ErrorCode::kInvalidSetting, "INVALID_SETTING", absl::StatusCode::kInvalidArgument, 400,
     "A setting is unknown or its value is not one that it takes."},
};

}  // namespace

std::span<const ErrorInfo> ErrorList() { return kErrors; }

const ErrorInfo& InfoOf(ErrorCode code) {
  const ErrorInfo& info = kErrors[static_cast<size_t>(code)];
  CHECK(info.code == code);
  return info;
}

const ErrorInfo* FindError(std::string_view name) {
  for (const ErrorInfo& info : kErrors) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

absl::Status MakeError(ErrorCode code, std::string_view message) {
  const ErrorInfo& info = InfoOf(code);
  absl::Status status(info.status, AbslView(message));
  status.SetPayload(kPayloadUrl, absl::Cord(AbslView(info.name)));
  return status;
}

ErrorCode CodeOf(const absl::Status& status) {
  if (auto payload = status.GetPayload(kPayloadUrl)) {
    if (const ErrorInfo* info = FindError(std::string(*payload))) return info->code;
  }
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return ErrorCode::kInvalidRequest;
    case absl::StatusCode::kNotFound:
      return ErrorCode::kNotFound;
    case absl::StatusCode::kAlreadyExists:
      return ErrorCode::kAlreadyExists;
    case absl::StatusCode::kUnimplemented:
      return ErrorCode::kUnsupported;
    case absl::StatusCode::kUnavailable:
      return ErrorCode::kUnavailable;
    default:  // absl::StatusCode is open: libraries add codes
      return ErrorCode::kInternal;
  }
}

}  // namespace freshet
