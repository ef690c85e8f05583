// Reads YAML into a document tree. Anchors and aliases are refused, so that a small text stays small.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/definitions/document.h"

namespace freshet {

struct DocumentError {
  Mark mark;
  std::string message;
  std::string suggestion;
  bool duplicate_key = false;
};

struct DocumentResult {
  DocumentNode root;
  // Empty: the text was read wholly. A syntax error ends the list; duplicate keys do not end the reading.
  std::vector<DocumentError> errors;
};

DocumentResult ParseYaml(std::string_view text);

}  // namespace freshet
