// Casts to and from text: PostgreSQL's input and output syntax of each type, times in UTC.
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "engine/columnar/date_time.h"
#include "engine/columnar/text_length.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"
#include "engine/functions/scalar/numeric_arithmetic.h"

namespace freshet {
namespace {

std::string_view StripBlanks(std::string_view text) {
  while (!text.empty() && absl::ascii_isspace(text.front())) text.remove_prefix(1);
  while (!text.empty() && absl::ascii_isspace(text.back())) text.remove_suffix(1);
  return text;
}

// `word` is in lower case.
bool IsWord(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (absl::ascii_tolower(text[i]) != word[i]) return false;
  }
  return true;
}

bool IsBeginningOf(std::string_view word, std::string_view text, size_t least) {
  return text.size() >= least && text.size() <= word.size() && IsWord(text, word.substr(0, text.size()));
}

// Reads a text into *value, or says why not.
CellError ReadBoolean(std::string_view text, uint8_t* value) {
  text = StripBlanks(text);
  *value = 1;
  if (text == "1" || IsBeginningOf("true", text, 1) || IsBeginningOf("yes", text, 1) || IsBeginningOf("on", text, 2)) {
    return CellError::kNone;
  }
  *value = 0;
  if (text == "0" || IsBeginningOf("false", text, 1) || IsBeginningOf("no", text, 1) || IsBeginningOf("off", text, 2)) {
    return CellError::kNone;
  }
  return CellError::kInvalidText;
}

CellError ErrorOf(std::string_view text, std::from_chars_result result) {
  if (result.ec == std::errc::invalid_argument || result.ptr != text.data() + text.size())
    return CellError::kInvalidText;
  return result.ec == std::errc() ? CellError::kNone : CellError::kOverflow;
}

template <typename Lane, typename Value>
CellError ReadWhole(std::string_view text, Lane* value) {
  text = StripBlanks(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  Value read = 0;
  CellError error = ErrorOf(text, std::from_chars(text.data(), text.data() + text.size(), read));
  *value = read;
  return error;
}

CellError ReadDouble(std::string_view text, double* value) {
  text = StripBlanks(text);
  bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+')) text.remove_prefix(1);
  if (IsWord(text, "nan")) {
    *value = std::numeric_limits<double>::quiet_NaN();
    return CellError::kNone;
  }
  if (IsWord(text, "infinity") || IsWord(text, "inf")) {
    *value = std::numeric_limits<double>::infinity();
  } else {
    // from_chars takes signs and words that are none of ours.
    if (text.empty() || !(absl::ascii_isdigit(text[0]) || text[0] == '.')) return CellError::kInvalidText;
    CellError error = ErrorOf(text, std::from_chars(text.data(), text.data() + text.size(), *value));
    if (error != CellError::kNone) return error;
  }
  if (negative) *value = -*value;
  return CellError::kNone;
}

template <typename T>
CellError ReadTime(const std::optional<T>& read, T* value) {
  if (!read) return CellError::kInvalidText;
  *value = *read;
  return CellError::kNone;
}
CellError ReadDate(std::string_view text, int32_t* value) { return ReadTime(ParseDate(text), value); }
CellError ReadTimestamp(std::string_view text, int64_t* value) { return ReadTime(ParseTimestamp(text), value); }
CellError ReadTimeOfDay(std::string_view text, int64_t* value) { return ReadTime(ParseTimeOfDay(text), value); }
CellError ReadTimestamptz(std::string_view text, int64_t* value) { return ReadTime(ParseTimestamptz(text), value); }

template <typename T, CellError (*kRead)(std::string_view, T*)>
void FromText(KernelCall& call) {
  const Vector& text = call.argument(0);
  ComputeRows<T>(call, [&](uint32_t row) {
    T value{};
    CellError error = kRead(text.At<StringCell>(row).view(), &value);
    if (error == CellError::kNone) return value;
    call.Fail(row, error);
    return T{};
  });
}

void NumericFromText(KernelCall& call) {
  const Vector& text = call.argument(0);
  ComputeRows<Numeric>(call, [&](uint32_t row) {
    std::optional<Numeric> read = ParseNumeric(text.At<StringCell>(row).view());
    if (!read) {
      call.Fail(row, CellError::kInvalidText);
      return Numeric();
    }
    std::optional<Numeric> fitting = FitNumeric(*read, call.result_type());
    if (fitting) return *fitting;
    call.Fail(row, CellError::kOverflow);
    return Numeric();
  });
}

void CutToLength(KernelCall& call) {
  const Vector& text = call.argument(0);
  call.ShareHeaps(text);
  ComputeRows<StringCell>(
      call, [&](uint32_t row) { return StringCell(CutText(text.At<StringCell>(row).view(), call.result_type())); });
}

// kWrite(value, &text)
template <typename T, void (*kWrite)(const T&, std::string*)>
void ToText(KernelCall& call) {
  const Vector& value = call.argument(0);
  std::string& text = call.scratch();
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    text.clear();
    kWrite(value.At<T>(row), &text);
    return call.Text(text);
  });
}

void WriteBoolean(const uint8_t& value, std::string* out) { out->append(value != 0 ? "true" : "false"); }

template <typename T>
void WriteWhole(const T& value, std::string* out) {
  char digits[24];
  out->append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
}

void WriteNumeric(const Numeric& value, std::string* out) { out->append(FormatNumeric(value)); }

// The shortest digits that read back the same; with an exponent below 1e-4 and from 1e15 on.
void WriteDouble(const double& value, std::string* out) {
  if (std::isnan(value)) {
    out->append("NaN");
    return;
  }
  if (std::isinf(value)) {
    out->append(value < 0 ? "-Infinity" : "Infinity");
    return;
  }
  double magnitude = std::fabs(value);
  bool plain = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e15);
  char digits[64];
  auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  out->append(digits, std::to_chars(digits, digits + sizeof(digits), value, format).ptr);
}

void WriteTimeOfDay(const int64_t& micros, std::string* out) { AppendTimeOfDay(micros, out); }

void WriteDate(const int32_t& days, std::string* out) { AppendDate(days, out); }

void WriteTimestamp(const int64_t& micros, std::string* out) {
  AppendTimestamp(micros, out);
  (*out)[out->find('T')] = ' ';
}

void WriteTimestamptz(const int64_t& micros, std::string* out) {
  AppendTimestamptz(micros, out);
  (*out)[out->find('T')] = ' ';
  out->replace(out->find('Z'), 1, "+00");
}

}  // namespace

void AddTextCasts(ScalarFunctionList* list) {
  using enum TypeKind;
  auto from_text = [&](TypeKind to, ScalarKernel kernel, std::string_view doc) {
    list->push_back({"cast", {kText}, to, kernel, doc});
  };
  from_text(kBoolean, FromText<uint8_t, ReadBoolean>,
            "Reads true, yes, on, 1, false, no, off, 0 or a beginning of them.");
  from_text(kSmallint, FromText<int32_t, ReadWhole<int32_t, int16_t>>, "Reads digits with an optional sign.");
  from_text(kInteger, FromText<int32_t, ReadWhole<int32_t, int32_t>>, "Reads digits with an optional sign.");
  from_text(kBigint, FromText<int64_t, ReadWhole<int64_t, int64_t>>, "Reads digits with an optional sign.");
  from_text(kNumeric, NumericFromText, "Reads a decimal number of at most 38 digits.");
  from_text(kDouble, FromText<double, ReadDouble>, "Reads a number, NaN, Infinity or -Infinity.");
  from_text(kDate, FromText<int32_t, ReadDate>, "Reads YYYY-MM-DD.");
  from_text(kTime, FromText<int64_t, ReadTimeOfDay>, "Reads HH:MM:SS.");
  from_text(kTimestamp, FromText<int64_t, ReadTimestamp>, "Reads YYYY-MM-DD HH:MM:SS; an offset is ignored.");
  from_text(kTimestamptz, FromText<int64_t, ReadTimestamptz>, "Reads YYYY-MM-DD HH:MM:SS+HH; no offset is UTC.");

  from_text(kText, CutToLength, "Cuts to the length of varchar(n) or char(n).");

  auto to_text = [&](TypeKind from, ScalarKernel kernel, std::string_view doc) {
    list->push_back({"cast", {from}, kText, kernel, doc});
  };
  to_text(kBoolean, ToText<uint8_t, WriteBoolean>, "Writes true or false.");
  to_text(kSmallint, ToText<int32_t, WriteWhole<int32_t>>, "Writes digits.");
  to_text(kInteger, ToText<int32_t, WriteWhole<int32_t>>, "Writes digits.");
  to_text(kBigint, ToText<int64_t, WriteWhole<int64_t>>, "Writes digits.");
  to_text(kNumeric, ToText<Numeric, WriteNumeric>, "Writes all digits of the scale.");
  to_text(kDouble, ToText<double, WriteDouble>, "Writes the shortest number that reads back the same.");
  to_text(kDate, ToText<int32_t, WriteDate>, "Writes YYYY-MM-DD.");
  to_text(kTime, ToText<int64_t, WriteTimeOfDay>, "Writes HH:MM:SS.");
  to_text(kTimestamp, ToText<int64_t, WriteTimestamp>, "Writes YYYY-MM-DD HH:MM:SS.");
  to_text(kTimestamptz, ToText<int64_t, WriteTimestamptz>, "Writes YYYY-MM-DD HH:MM:SS+00.");
}

}  // namespace freshet
