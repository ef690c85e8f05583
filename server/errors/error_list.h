// Every error code that users can meet, in one list, for gRPC and HTTP alike. A code is stable; its message may change.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace freshet {

enum class ErrorCode : uint16_t {
  // Requests
  kInvalidRequest,
  kUnknownField,
  kUnsupported,
  kNotFound,
  kAlreadyExists,
  kEtagMismatch,
  kRequestTooLarge,
  kUnsupportedMediaType,
  kTooManyRequests,
  kIdempotencyConflict,
  kNotIngested,
  kInternal,
  kUnavailable,
  kMethodNotAllowed,
  // Definitions
  kInvalidDefinition,
  kSyntaxError,
  kDuplicateKey,
  kMissingField,
  kInvalidName,
  kDuplicateName,
  kUnknownTable,
  kUnknownRelation,
  kUnknownColumn,
  kAmbiguousColumn,
  kUnknownFunction,
  kUnknownType,
  kUnsupportedType,
  kTypeMismatch,
  kNotAggregated,
  kMisplacedAggregate,
  kInvalidLiteral,
  kCyclicViews,
  kUnsupportedJoin,
  kKeyNotUnique,
  kMissingPrimaryKey,
  kDeletesNotTaken,
  kUnknownConnector,
  kUnknownFormat,
  kUnknownOption,
  kMissingOption,
  kInvalidOption,
  kLiteralSecret,
  kPathOutsideRoot,
  kExpressionTooLarge,
  // Reading results
  kHydrating,
  kRecovering,
  kNotRunning,
  kPipelineFailed,
  kPipelineReplaced,
  kEpochGone,
  kEpochNotReached,
  kSlowConsumer,
  kInvalidToken,
  kNotMaterialized,
  kInvalidKey,
  // Dead letters
  kMalformedRecord,
  kTooManyFields,
  kTooFewFields,
  kBadKey,
  kNullViolation,
  kBadValue,
  kMissingVersion,
  kDeleteNotTaken,
  kRecordTooLarge,
  kInvalidUtf8,
  // Running pipelines
  kSourceUnreachable,
  kSourceChanged,
  kFileUnreadable,
  kSinkChanged,
  kSinkUnreachable,
  kMemoryLimit,
  kShardDied,
  kShardStalled,
  kDiskFull,
  kLogDamaged,
  kDataDirectoryLocked,
  kDataDirectoryVersion,
  kInvalidSetting,
};

struct ErrorInfo {
  ErrorCode code;
  std::string_view name;    // HYDRATING
  absl::StatusCode status;  // what gRPC answers
  int http_status;
  std::string_view doc;  // one line
};

std::span<const ErrorInfo> ErrorList();
const ErrorInfo& InfoOf(ErrorCode code);
// nullptr: not a code.
const ErrorInfo* FindError(std::string_view name);

// A status that carries its code, for gRPC, HTTP and tests.
absl::Status MakeError(ErrorCode code, std::string_view message);
// The code of a status made by MakeError (also after annotation); others map by their status code (kInternal, ...).
ErrorCode CodeOf(const absl::Status& status);

}  // namespace freshet
