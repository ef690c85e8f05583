// Why a cell is ERROR. The names are the codes that users see (INTERFACES: `errors`), the numbers are stored in states:
// never renumber.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace freshet {

enum class CellError : uint8_t {
  kNone = 0,
  kOverflow = 1,          // NUMERIC_OUT_OF_RANGE
  kDivisionByZero = 2,    // DIVISION_BY_ZERO
  kInvalidText = 3,       // INVALID_TEXT: a text that cannot be cast to the type
  kInvalidArgument = 4,   // INVALID_ARGUMENT: outside of a function's domain
  kBadValue = 5,          // BAD_VALUE: an input field that does not fit its column
  kMoreThanOneRow = 6,    // MORE_THAN_ONE_ROW
  kErrorInAggregate = 7,  // ERROR_IN_AGGREGATE: an aggregate over rows with ERROR cells
  kTooLarge = 8,          // VALUE_TOO_LARGE: a result above the size limit of a value
};

// The code that users see; empty for kNone.
std::string_view CellErrorCode(CellError error);
// The error of a code. No value: no such code.
std::optional<CellError> ParseCellErrorCode(std::string_view code);
// Whether a stored number is an error of this release (0 = none is not).
constexpr bool IsCellErrorNumber(uint8_t number) {
  return number >= 1 && number <= static_cast<uint8_t>(CellError::kTooLarge);
}

}  // namespace freshet
