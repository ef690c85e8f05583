// How a definition's SQL scripts are read; server/sql does it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "freshet/v1/plan.pb.h"
#include "server/definitions/document.h"
#include "server/definitions/problem_list.h"

namespace freshet {

struct ScriptView {
  v1::View view;
  uint32_t offset = 0;  // of its name in the script
};

// Offsets of problems, and of positions in the views' nodes, are bytes of the script.
struct ScriptResult {
  // Everything but the views, in the shape that it has in YAML.
  DocumentNode document;
  std::vector<ScriptView> views;
  ProblemList problems;
};

class ScriptReader {
 public:
  virtual ~ScriptReader() = default;
  // `earlier`: what the files in front of the script declare; it may read their tables and views.
  virtual ScriptResult Read(const std::string& script, const v1::Plan& earlier) const = 0;
};

}  // namespace freshet
