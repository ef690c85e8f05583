#include "server/formats/json/json_scalar.h"

namespace freshet {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

size_t SkipDigits(std::string_view text, size_t at) {
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at;
}

// RFC 8259: no plus, no leading zeros, digits on both sides of the point.
bool IsJsonNumber(std::string_view text) {
  size_t at = text.starts_with('-') ? 1 : 0;
  size_t whole = SkipDigits(text, at);
  if (whole == at || (text[at] == '0' && whole > at + 1)) return false;
  at = whole;
  if (at < text.size() && text[at] == '.') {
    size_t fraction = SkipDigits(text, at + 1);
    if (fraction == at + 1) return false;
    at = fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    size_t exponent = SkipDigits(text, at);
    if (exponent == at) return false;
    at = exponent;
  }
  return at == text.size();
}

}  // namespace

FieldCell ScalarCell(std::string_view text) {
  switch (text.front()) {
    case 't':
      if (text == "true") return {FieldKind::kBoolean, text};
      break;
    case 'f':
      if (text == "false") return {FieldKind::kBoolean, text};
      break;
    case 'n':
      if (text == "null") return {FieldKind::kNull, {}};
      break;
    default:
      if (IsJsonNumber(text)) return {FieldKind::kNumber, text};
  }
  return {FieldKind::kBad, text};
}

}  // namespace freshet
