// The text forms of single values.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/array.h"
#include "engine/columnar/byte_text.h"
#include "engine/columnar/date_time.h"
#include "engine/columnar/datum.h"
#include "engine/columnar/double_order.h"
#include "engine/columnar/interval.h"
#include "engine/columnar/json_text.h"
#include "engine/columnar/text_length.h"

namespace freshet {
namespace {

absl::Status Malformed(std::string_view text, DataType type, std::string_view expected) {
  return absl::InvalidArgumentError(StrCat("\"", text, "\" is no ", TypeName(type), "; expected ", expected));
}

absl::Status OutOfRange(std::string_view text, DataType type) {
  return absl::InvalidArgumentError(StrCat("\"", text, "\" is out of range for ", TypeName(type)));
}

std::string_view StripBlanks(std::string_view text) { return StdView(absl::StripAsciiWhitespace(AbslView(text))); }

// `word` is in lower case.
bool EqualsWord(std::string_view text, std::string_view word) {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](char a, char b) { return absl::ascii_tolower(a) == b; });
}

// PostgreSQL takes any beginning of a word that tells it from the others.
bool IsBeginningOf(std::string_view word, std::string_view text, size_t least) {
  return text.size() >= least && text.size() <= word.size() && EqualsWord(text, word.substr(0, text.size()));
}

absl::StatusOr<Datum> ParseBoolean(std::string_view text, DataType type) {
  std::string_view word = StripBlanks(text);
  if (IsBeginningOf("true", word, 1) || IsBeginningOf("yes", word, 1) || IsBeginningOf("on", word, 2) || word == "1") {
    return Datum::Bool(true);
  }
  if (IsBeginningOf("false", word, 1) || IsBeginningOf("no", word, 1) || IsBeginningOf("off", word, 2) || word == "0") {
    return Datum::Bool(false);
  }
  return Malformed(text, type, "true or false");
}

template <typename T>
absl::StatusOr<Datum> ParseInteger(std::string_view text, DataType type) {
  std::string_view digits = StripBlanks(text);
  if (digits.starts_with('+') && digits.size() > 1 && absl::ascii_isdigit(digits[1])) digits.remove_prefix(1);
  T value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::invalid_argument || end != digits.data() + digits.size()) {
    return Malformed(text, type, "digits with an optional sign");
  }
  if (error != std::errc()) return OutOfRange(text, type);
  return Datum::Int(value);
}

absl::StatusOr<Datum> ParseDouble(std::string_view text, DataType type) {
  std::string_view number = StripBlanks(text);
  bool negative = number.starts_with('-');
  if (negative || number.starts_with('+')) number.remove_prefix(1);
  double value = 0;
  if (EqualsWord(number, "infinity") || EqualsWord(number, "inf")) {
    value = std::numeric_limits<double>::infinity();
  } else if (EqualsWord(number, "nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
  } else {
    // from_chars reads words of its own (nan(...)), which are none of ours.
    bool begins_number = !number.empty() && (absl::ascii_isdigit(number[0]) || number[0] == '.');
    auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (!begins_number || error == std::errc::invalid_argument || end != number.data() + number.size()) {
      return Malformed(text, type, "a number, NaN, Infinity or -Infinity");
    }
    if (error != std::errc()) return OutOfRange(text, type);
  }
  return Datum::Double(negative ? -value : value);
}

absl::StatusOr<Datum> ParseDecimal(std::string_view text, DataType type) {
  std::optional<Numeric> value = ParseNumeric(text);
  if (!value) return Malformed(text, type, "a decimal number of at most 38 digits");
  if (type.precision == 0) return Datum::Decimal(*value);
  std::optional<Numeric> rounded = RescaleNumeric(*value, type.scale);
  int128 limit = PowerOfTen(type.precision);
  if (!rounded || rounded->unscaled() >= limit || rounded->unscaled() <= -limit) return OutOfRange(text, type);
  return Datum::Decimal(*rounded);
}

absl::StatusOr<Datum> ParseReal(std::string_view text, DataType type) {
  absl::StatusOr<Datum> value = ParseDouble(text, type);
  if (!value.ok()) return value;
  const std::optional<double> real = RealOf(value->double_value());
  return real ? absl::StatusOr<Datum>(Datum::Double(*real)) : OutOfRange(text, type);
}

absl::StatusOr<Datum> ParseText(std::string_view text, DataType type) {
  std::optional<std::string_view> fitting = FitText(text, type);
  if (fitting) return Datum::Text(std::string(*fitting));
  return absl::InvalidArgumentError(StrCat("\"", text.substr(0, 60), "\" is too long for ", TypeName(type)));
}

absl::StatusOr<Datum> BytesOr(std::optional<std::string> bytes, std::string_view text, DataType type,
                              std::string_view expected) {
  if (!bytes) return Malformed(text.substr(0, 60), type, expected);
  return Datum::Text(*std::move(bytes));
}

std::optional<std::string> EncodedInterval(std::string_view text) {
  std::optional<Interval> interval = ParseInterval(text);
  if (!interval) return std::nullopt;
  return EncodeInterval(*interval);
}

template <typename T>
absl::StatusOr<Datum> TimeOr(std::optional<T> value, std::string_view text, DataType type, std::string_view expected) {
  if (!value) return Malformed(text, type, expected);
  return Datum::Int(*value);
}

template <typename T>
std::string FormatFloating(T value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  char digits[32];
  auto [end, error] = std::to_chars(digits, digits + sizeof(digits), value);
  CHECK(error == std::errc());
  return std::string(digits, end);
}

std::string FormatDouble(double value) { return FormatFloating(value); }

}  // namespace

absl::StatusOr<Datum> ParseDatum(std::string_view text, DataType type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return ParseBoolean(text, type);
    case TypeKind::kSmallint:
      return ParseInteger<int16_t>(text, type);
    case TypeKind::kInteger:
      return ParseInteger<int32_t>(text, type);
    case TypeKind::kBigint:
      return ParseInteger<int64_t>(text, type);
    case TypeKind::kNumeric:
      return ParseDecimal(text, type);
    case TypeKind::kDouble:
      return ParseDouble(text, type);
    case TypeKind::kText:
      return ParseText(text, type);
    case TypeKind::kDate:
      return TimeOr(ParseDate(text), text, type, "YYYY-MM-DD");
    case TypeKind::kTimestamp:
      return TimeOr(ParseTimestamp(text), text, type, "YYYY-MM-DD HH:MM:SS");
    case TypeKind::kTimestamptz:
      return TimeOr(ParseTimestamptz(text), text, type, "YYYY-MM-DDTHH:MM:SSZ");
    case TypeKind::kReal:
      return ParseReal(text, type);
    case TypeKind::kTime:
      return TimeOr(ParseTimeOfDay(text), text, type, "HH:MM:SS");
    case TypeKind::kBytea:
      return BytesOr(ParseBytea(text), text, type, "\\x and hexadecimal digits");
    case TypeKind::kUuid:
      return BytesOr(ParseUuid(StripBlanks(text)), text, type, "32 hexadecimal digits");
    case TypeKind::kInterval:
      return BytesOr(EncodedInterval(text), text, type, "a text like 1 day 02:03:04");
    case TypeKind::kJsonb:
      return BytesOr(CanonicalJson(text), text, type, "JSON");
    case TypeKind::kArray:
      return ParseArray(text, type);
  }
  __builtin_unreachable();
}

std::string FormatDatum(const Datum& datum, DataType type) {
  if (datum.is_null()) return "NULL";
  if (datum.is_error()) return StrCat("ERROR(", CellErrorCode(datum.error()), ")");
  std::string text;
  switch (type.kind) {
    case TypeKind::kBoolean:
      return datum.bool_value() ? "true" : "false";
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
      return StrCat(datum.int_value());
    case TypeKind::kNumeric:
      return FormatNumeric(datum.numeric_value());
    case TypeKind::kDouble:
      return FormatDouble(datum.double_value());
    case TypeKind::kText:
      text = datum.text_value();
      PadText(type, &text);
      return text;
    case TypeKind::kDate:
      AppendDate(datum.int_value(), &text);
      return text;
    case TypeKind::kTimestamp:
      AppendTimestamp(datum.int_value(), &text);
      return text;
    case TypeKind::kTimestamptz:
      AppendTimestamptz(datum.int_value(), &text);
      return text;
    case TypeKind::kReal:
      return FormatFloating(static_cast<float>(datum.double_value()));
    case TypeKind::kTime:
      AppendTimeOfDay(datum.int_value(), &text);
      return text;
    case TypeKind::kBytea:
      AppendBytea(datum.text_value(), &text);
      return text;
    case TypeKind::kUuid:
      AppendUuid(datum.text_value(), &text);
      return text;
    case TypeKind::kInterval:
      AppendInterval(DecodeInterval(datum.text_value()), &text);
      return text;
    case TypeKind::kJsonb:
      return datum.text_value();
    case TypeKind::kArray:
      return FormatArray(datum.text_value(), type);
  }
  __builtin_unreachable();
}

std::ostream& operator<<(std::ostream& out, const Datum& datum) {
  // Without a type, dates and times show as numbers.
  return out << datum.Visit([](const auto& value) -> std::string {
    using T = std::decay_t<decltype(value)>;
    if constexpr (std::is_same_v<T, std::monostate>) {
      return "NULL";
    } else if constexpr (std::is_same_v<T, CellError>) {
      return StrCat("ERROR(", CellErrorCode(value), ")");
    } else if constexpr (std::is_same_v<T, bool>) {
      return value ? "true" : "false";
    } else if constexpr (std::is_same_v<T, double>) {
      return FormatDouble(value);
    } else if constexpr (std::is_same_v<T, Numeric>) {
      return FormatNumeric(value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      return StrCat("'", value, "'");
    } else {
      return StrCat(value);
    }
  });
}

}  // namespace freshet
