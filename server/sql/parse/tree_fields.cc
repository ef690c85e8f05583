#include "server/sql/parse/tree_fields.h"

namespace freshet {

using Element = simdjson::dom::element;

std::string_view TextOf(Element body, std::string_view key) {
  std::string_view text;
  return body[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

bool FlagOf(Element body, std::string_view key) {
  bool flag = false;
  return body[key].get(flag) == simdjson::SUCCESS && flag;
}

bool Has(Element body, std::string_view key) {
  Element ignored;
  return body[key].get(ignored) == simdjson::SUCCESS;
}

// Names of a list of {"String": {"sval": ...}}.
std::vector<std::string> NamesOf(Element body, std::string_view key) {
  std::vector<std::string> names;
  simdjson::dom::array array;
  if (body[key].get(array) != simdjson::SUCCESS) return names;
  for (Element item : array) {
    std::string_view name;
    if (item["String"]["sval"].get(name) == simdjson::SUCCESS) names.emplace_back(name);
  }
  return names;
}

}  // namespace freshet
