// Reads fields of libpg_query's JSON tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

namespace freshet {

// Empty: there is none.
std::string_view TextOf(simdjson::dom::element body, std::string_view key);
bool FlagOf(simdjson::dom::element body, std::string_view key);
bool Has(simdjson::dom::element body, std::string_view key);
// Names of a list of {"String": {"sval": ...}}; items of another kind are left out.
std::vector<std::string> NamesOf(simdjson::dom::element body, std::string_view key);

}  // namespace freshet
