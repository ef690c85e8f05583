#include "tools/cli/output/json_members.h"

#include <boost/json/parse.hpp>

namespace freshet {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

size_t SkipSpace(std::string_view text, size_t at) {
  while (at < text.size() && IsSpace(text[at])) ++at;
  return at;
}

// From the opening quote to behind the closing one.
size_t SkipString(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

// To the comma, brace or bracket that ends the value.
size_t SkipValue(std::string_view text, size_t at) {
  int depth = 0;
  while (at < text.size()) {
    char c = text[at];
    if (c == '"') {
      at = SkipString(text, at);
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) break;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at;
  }
  return at < text.size() ? at : text.size();
}

std::string Decode(std::string_view text) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
  if (error || !value.is_string()) return std::string(text);
  return std::string(value.get_string());
}

std::string_view TrimRight(std::string_view text) {
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::vector<JsonMember> SplitObject(std::string_view object) {
  std::vector<JsonMember> members;
  size_t at = SkipSpace(object, 0);
  if (at >= object.size() || object[at] != '{') return members;
  at = SkipSpace(object, at + 1);
  while (at < object.size() && object[at] == '"') {
    size_t key_end = SkipString(object, at);
    size_t colon = SkipSpace(object, key_end);
    if (colon >= object.size() || object[colon] != ':') break;
    size_t begin = SkipSpace(object, colon + 1);
    size_t end = SkipValue(object, begin);
    members.push_back({Decode(object.substr(at, key_end - at)), TrimRight(object.substr(begin, end - begin))});
    if (end >= object.size() || object[end] != ',') break;
    at = SkipSpace(object, end + 1);
  }
  return members;
}

std::vector<std::string_view> SplitArray(std::string_view array) {
  std::vector<std::string_view> values;
  size_t at = SkipSpace(array, 0);
  if (at >= array.size() || array[at] != '[') return values;
  at = SkipSpace(array, at + 1);
  while (at < array.size() && array[at] != ']') {
    size_t end = SkipValue(array, at);
    values.push_back(TrimRight(array.substr(at, end - at)));
    if (end >= array.size() || array[end] != ',') break;
    at = SkipSpace(array, end + 1);
  }
  return values;
}

std::string CellText(std::string_view value) {
  if (value == "null") return "NULL";
  return !value.empty() && value.front() == '"' ? Decode(value) : std::string(value);
}

}  // namespace freshet
