#include "engine/columnar/cell_error.h"

namespace freshet {

std::string_view CellErrorCode(CellError error) {
  switch (error) {
    case CellError::kNone:
      return "";
    case CellError::kOverflow:
      return "NUMERIC_OUT_OF_RANGE";
    case CellError::kDivisionByZero:
      return "DIVISION_BY_ZERO";
    case CellError::kInvalidText:
      return "INVALID_TEXT";
    case CellError::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case CellError::kBadValue:
      return "BAD_VALUE";
    case CellError::kMoreThanOneRow:
      return "MORE_THAN_ONE_ROW";
    case CellError::kErrorInAggregate:
      return "ERROR_IN_AGGREGATE";
    case CellError::kTooLarge:
      return "VALUE_TOO_LARGE";
  }
  return "";
}

std::optional<CellError> ParseCellErrorCode(std::string_view code) {
  for (uint8_t number = 1; IsCellErrorNumber(number); ++number) {
    if (CellErrorCode(static_cast<CellError>(number)) == code) return static_cast<CellError>(number);
  }
  return std::nullopt;
}

}  // namespace freshet
