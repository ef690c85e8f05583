#include "server/connectors/ingest/json_array.h"

namespace freshet {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The end of the value that begins at `begin`: where its brackets are closed, or a comma or bracket of the array
// follows. npos: the text ends before.
size_t EndOfValue(std::string_view text, size_t begin) {
  size_t depth = 0;
  bool quoted = false;
  for (size_t i = begin; i < text.size(); ++i) {
    char c = text[i];
    if (quoted) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return i;
      if (--depth == 0) return i + 1;
    } else if (c == ',' && depth == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

JsonElements::JsonElements(std::string_view text) : text_(text) {
  SkipBlanks();
  array_ = at_ < text_.size() && text_[at_] == '[';
  if (array_) ++at_;
}

void JsonElements::SkipBlanks() {
  while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
}

JsonElements::Element JsonElements::Broken(std::string_view problem) {
  ended_ = true;
  return {.text = {}, .offset = at_, .problem = problem};
}

std::optional<JsonElements::Element> JsonElements::Next() {
  if (ended_) return std::nullopt;
  SkipBlanks();
  if (!array_) {  // one object
    ended_ = true;
    if (at_ == text_.size()) return std::nullopt;
    return Element{.text = text_.substr(at_), .offset = at_};
  }
  if (at_ == text_.size()) return Broken("the array is not closed");
  if (text_[at_] == ']' && first_) {
    ++at_;
  } else {
    if (!first_) {
      if (text_[at_] == ']') {
        ++at_;
        SkipBlanks();
        if (at_ < text_.size()) return Broken("something follows the array");
        ended_ = true;
        return std::nullopt;
      }
      if (text_[at_] != ',') return Broken("a comma or ] is missing between the elements of the array");
      ++at_;
      SkipBlanks();
    }
    first_ = false;
    size_t begin = at_;
    size_t end = EndOfValue(text_, begin);
    if (end == std::string_view::npos) return Broken("the array is not closed");
    if (end == begin) return Broken("an element of the array is missing");
    at_ = end;
    return Element{.text = text_.substr(begin, end - begin), .offset = begin};
  }
  SkipBlanks();
  if (at_ < text_.size()) return Broken("something follows the array");
  ended_ = true;
  return std::nullopt;
}

}  // namespace freshet
