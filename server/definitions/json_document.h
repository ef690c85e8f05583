// Reads JSON (RFC 8259, nothing more) into a document tree with places.
#pragma once

#include <string_view>

#include "server/definitions/yaml_document.h"

namespace freshet {

DocumentResult ParseJson(std::string_view text);

}  // namespace freshet
