// The text form of arrays, after PostgreSQL's array_in and array_out (its documentation, 8.15.6).
#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/array.h"

namespace freshet {
namespace {

bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }

bool IsNullWord(std::string_view text) { return absl::EqualsIgnoreCase(AbslView(text), "null"); }

// Takes the elements off a text one by one.
class ElementScanner {
 public:
  explicit ElementScanner(std::string_view text) : text_(text) {}

  bool Take(char c) {
    SkipSpace();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool AtEnd() {
    SkipSpace();
    return at_ == text_.size();
  }
  bool At(char c) {
    SkipSpace();
    return at_ < text_.size() && text_[at_] == c;
  }

  // *is_null: it is the word NULL without quotes. False: there is no element here.
  bool TakeElement(std::string* element, bool* is_null) {
    element->clear();
    *is_null = false;
    if (Take('"')) return TakeQuoted(element);
    size_t kept = 0;  // up to the last character that is no blank
    bool escaped = false;
    for (; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == ',' || c == '}') break;
      if (c == '{' || c == '"') return false;
      const bool escapes = c == '\\';
      if (escapes && ++at_ == text_.size()) return false;
      element->push_back(text_[at_]);
      escaped = escaped || escapes;
      if (escapes || !IsSpace(c)) kept = element->size();
    }
    element->resize(kept);
    *is_null = !escaped && IsNullWord(*element);
    return !element->empty();
  }

 private:
  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }

  bool TakeQuoted(std::string* element) {
    for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && ++at_ == text_.size()) return false;
      element->push_back(text_[at_]);
    }
    return Take('"');
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<Datum> ParseArray(std::string_view text, DataType array) {
  auto malformed = [&](std::string_view expected) {
    return absl::InvalidArgumentError(
        StrCat("\"", text.substr(0, 60), "\" is no ", TypeName(array), "; expected ", expected));
  };
  ElementScanner scanner(text);
  if (scanner.At('[')) return malformed("elements from index 1 on, without bounds: {1,2,NULL}");
  if (!scanner.Take('{')) return malformed("a text like {1,2,NULL}");
  ArrayWriter writer(array);
  bool first = true;
  while (!scanner.Take('}')) {
    if (!first && !scanner.Take(',')) return malformed("a comma between elements and } at the end");
    first = false;
    if (scanner.At('{')) return malformed("one dimension: arrays of arrays are not built in this release");
    std::string element;
    bool is_null = false;
    if (!scanner.TakeElement(&element, &is_null))
      return malformed("an element, in \" \" where it has signs or is empty");
    absl::StatusOr<Datum> value = Datum::Null();
    if (!is_null) value = ParseDatum(element, ElementOf(array));
    if (!value.ok()) return value;
    writer.Append(*value);
  }
  if (!scanner.AtEnd()) return malformed("nothing behind }");
  return Datum::Text(writer.Finish());
}

void AppendArrayText(std::string_view text, std::string* out) {
  const bool quote = text.empty() || IsNullWord(text) || std::ranges::any_of(text, [](char c) {
                       return c == '{' || c == '}' || c == ',' || c == '"' || c == '\\' || IsSpace(c);
                     });
  if (!quote) {
    out->append(text);
    return;
  }
  out->push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') out->push_back('\\');
    out->push_back(c);
  }
  out->push_back('"');
}

std::string FormatArray(std::string_view cell, DataType array) {
  std::string text = "{";
  ArrayReader reader(cell, array);
  for (ArrayElement element; reader.Next(&element);) {
    if (text.size() > 1) text.push_back(',');
    if (element.is_null()) {
      text.append("NULL");
      continue;
    }
    std::string each = FormatDatum(DatumOf(element, array), ElementOf(array));
    if (array.element == TypeKind::kBoolean) each.resize(1);
    AppendArrayText(each, &text);
  }
  return text + "}";
}

}  // namespace freshet
