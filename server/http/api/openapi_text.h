// The description of every call, server/http/openapi.json as it stands in the tree: compiled in at build time.
#pragma once

#include <string_view>

namespace freshet {

std::string_view OpenApiText();

}  // namespace freshet
