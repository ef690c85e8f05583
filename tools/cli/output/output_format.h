// The ways in which results are printed.
#pragma once

#include <cstdint>
#include <string_view>

#include <boost/json/fwd.hpp>

namespace freshet {

enum class OutputFormat : uint8_t { kTable, kJson, kCsv, kYaml };

// Writes a value as one line of JSON, or as a YAML document; for other formats as JSON.
void PrintValue(const boost::json::value& value, OutputFormat format);
// Writes to standard output. False: nobody reads it any more.
bool PrintText(std::string_view text);

}  // namespace freshet
