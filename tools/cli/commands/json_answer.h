// Reads the server's JSON answers.
#pragma once

#include <string>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "absl/status/statusor.h"
#include "tools/cli/client/http_client.h"

namespace freshet {

absl::StatusOr<boost::json::object> GetObject(const HttpClient& http, const std::string& target);
// A member that is an array of objects; what is no object is left out.
boost::json::array ArrayOf(const boost::json::object& object, const char* key);

}  // namespace freshet
