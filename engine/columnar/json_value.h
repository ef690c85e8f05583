// Values of all types as JSON, as PostgreSQL's to_jsonb has them.
#pragma once

#include <string>

#include "engine/columnar/datum.h"

namespace freshet {

// Appends a value or NULL in the one form of json_text.h: numbers as numbers, NaN and infinities as strings, moments in
// ISO 8601, the arrays as arrays, the rest as strings of their text form.
void AppendJsonOf(const Datum& value, DataType type, std::string* out);

}  // namespace freshet
