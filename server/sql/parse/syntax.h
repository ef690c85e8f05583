// An expression as it was written, before any name is known: made from SQL text or from a typed tree.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "freshet/v1/type.pb.h"
#include "server/errors/error_list.h"

namespace freshet {

enum class SyntaxKind : uint8_t {
  kColumn,   // `names`: relation (may be absent), column
  kString,   // `text`: a literal whose type its surroundings decide
  kNumber,   // `text`
  kBoolean,  // `text`: true or false
  kNull,
  kCall,  // `text`(arguments): a function, an operator by its symbol, an aggregate
  kCast,  // arguments[0] to `type`
  kAnd,
  kOr,
  kNot,
  kCase,  // when, then, ..., else
  kCoalesce,
  kNullIf,
  kIsNull,
  kIsDistinctFrom,
  kGreatest,
  kLeast,
  // Of SQL scripts alone.
  kGrouping,        // which of its arguments a row is not grouped by, as bits
  kExists,          // `query` gives rows
  kScalarSubquery,  // the only value of `query`
  kAnySubquery,     // arguments[0] `text` some value of `query`; IN is = ANY
  kAllSubquery,     // arguments[0] `text` every value of `query`
  kWrong,           // what is wrong with it has been told
};

struct Query;
using QueryRef = std::shared_ptr<const Query>;
struct Syntax;
using SyntaxRef = std::shared_ptr<const Syntax>;

// An item of ORDER BY.
struct SortSyntax {
  SyntaxRef value;
  bool descending = false;
  bool nulls_first = false;
};

struct Syntax {
  SyntaxKind kind = SyntaxKind::kNull;
  uint32_t offset = 0;  // byte in the text
  std::vector<std::string> names;
  std::string text;
  v1::Type type;
  std::vector<SyntaxRef> arguments;
  bool star = false;              // count(*)
  bool distinct = false;          // of an aggregate
  SyntaxRef filter;               // of an aggregate
  std::vector<SortSyntax> order;  // of an aggregate
  bool within_group = false;      // `order` is that of WITHIN GROUP
  QueryRef query;
};

// Why an expression could not be read or bound, and where in its text.
struct ExpressionError {
  ErrorCode code = ErrorCode::kSyntaxError;
  std::string message;
  std::string suggestion = "";
  uint32_t offset = 0;
};

inline constexpr uint32_t kMaxExpressionBytes = 64 << 10;
inline constexpr uint32_t kMaxExpressionDepth = 500;

}  // namespace freshet
