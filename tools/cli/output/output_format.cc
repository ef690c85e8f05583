#include "tools/cli/output/output_format.h"

#include <cstdio>
#include <string>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace freshet {
namespace {

namespace json = boost::json;

bool IsEmpty(const json::value& value) {
  return (value.is_array() && value.get_array().empty()) || (value.is_object() && value.get_object().empty());
}

bool IsNested(const json::value& value) { return value.is_structured() && !IsEmpty(value); }

// Texts of several lines (definitions) as literal blocks, so that they can be read.
bool IsBlock(const json::value& value) {
  if (!value.is_string()) return false;
  const json::string& text = value.get_string();
  return text.size() > 1 && text.find('\n') != json::string::npos && text.front() != ' ' && text.front() != '\n' &&
         text.back() == '\n' && text[text.size() - 2] != '\n' && text.find('\t') == json::string::npos &&
         text.find('\r') == json::string::npos;
}

void AppendBlock(const json::string& text, size_t indent, std::string* out) {
  out->append("|\n");
  size_t begin = 0;
  while (begin < text.size()) {
    size_t end = text.find('\n', begin);
    if (end != begin) out->append(indent, ' ').append(text.data() + begin, end - begin);
    out->push_back('\n');
    begin = end + 1;
  }
}

void AppendYaml(const json::value& value, size_t indent, std::string* out);

void AppendEntry(const json::value& value, size_t indent, std::string* out) {
  if (IsNested(value)) {
    out->push_back('\n');
    AppendYaml(value, indent + 2, out);
  } else if (IsBlock(value)) {
    out->push_back(' ');
    AppendBlock(value.get_string(), indent + 2, out);
  } else {
    out->append(" ").append(json::serialize(value)).append("\n");  // JSON's scalars are YAML's
  }
}

void AppendYaml(const json::value& value, size_t indent, std::string* out) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.get_object()) {
      out->append(indent, ' ').append(key.data(), key.size()).append(":");
      AppendEntry(member, indent, out);
    }
  } else if (value.is_array()) {
    for (const json::value& element : value.get_array()) {
      out->append(indent, ' ').append("-");
      if (IsNested(element)) {
        std::string nested;
        AppendYaml(element, indent + 2, &nested);
        out->append(" ").append(nested, indent + 2);
      } else {
        AppendEntry(element, indent, out);
      }
    }
  } else {
    out->append(indent, ' ').append(json::serialize(value)).append("\n");
  }
}

}  // namespace

void PrintValue(const json::value& value, OutputFormat format) {
  std::string text;
  if (format == OutputFormat::kYaml) {
    if (IsNested(value)) {
      AppendYaml(value, 0, &text);
    } else {
      text = json::serialize(value) + "\n";
    }
  } else {
    text = json::serialize(value) + "\n";
  }
  PrintText(text);
}

bool PrintText(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::ferror(stdout) == 0;
}

}  // namespace freshet
