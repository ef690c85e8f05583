// Reads definition files for sending; the server parses them.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "freshet/v1/pipeline.pb.h"

namespace freshet {

// `-` is standard input. Error: wrong use, with the file.
absl::StatusOr<v1::Definition> ReadDefinitionFiles(const std::vector<std::string>& paths);

// What the client itself must know of a definition. A text that is no YAML or JSON tells nothing: what is wrong with
// it, the server says.
struct DefinitionOutline {
  std::string name;                  // the last file's `name:`, else the first file's stem
  std::vector<std::string> follows;  // tables with a source that does not end
  bool ends = false;                 // every table has sources, and all of them end
  bool bounds_load_epochs = false;   // options say how much an epoch of the load may take
};
DefinitionOutline OutlineOf(const v1::Definition& definition);

}  // namespace freshet
