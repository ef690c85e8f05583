// Splits a JSON object into its members without changing the values' text: numbers keep every digit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace freshet {

struct JsonMember {
  std::string key;        // decoded
  std::string_view text;  // the value as it stands
};

// The members in their order; empty if `object` is none. The views are into `object`.
std::vector<JsonMember> SplitObject(std::string_view object);
// The values of an array in their order; empty if `array` is none.
std::vector<std::string_view> SplitArray(std::string_view array);
// A value for a table: strings without quotes, NULL for null, all else as it stands.
std::string CellText(std::string_view value);

}  // namespace freshet
