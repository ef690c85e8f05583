// The formats of this release, in one explicit list.
#pragma once

#include <span>
#include <string_view>

#include "server/formats/api/format.h"

namespace freshet {

std::span<const Format* const> Formats();
// nullptr: no format of this name, or not one of this release.
const Format* FindFormat(std::string_view name);
// Appends why `name` (the value of option `option`) is not a format: unknown, or described but not built.
void AddFormatProblem(std::string_view option, std::string_view name, Problems& problems);

}  // namespace freshet
