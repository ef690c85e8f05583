#include "tools/cli/commands/json_answer.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "engine/base/str_cat.h"

namespace freshet {

namespace json = boost::json;

absl::StatusOr<json::object> GetObject(const HttpClient& http, const std::string& target) {
  absl::StatusOr<std::string> body = http.Get(target);
  if (!body.ok()) return body.status();
  boost::system::error_code error;
  json::value value = json::parse(*body, error);
  if (error || !value.is_object()) {
    return absl::DataLossError(AbslView(StrCat("the server's answer to ", target, " is no JSON object")));
  }
  return std::move(value.get_object());
}

json::array ArrayOf(const json::object& object, const char* key) {
  json::array objects;
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_array()) return objects;
  for (const json::value& element : value->get_array()) {
    if (element.is_object()) objects.push_back(element);
  }
  return objects;
}

}  // namespace freshet
