// Compiles a definition: everything between its text and what the shards build.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "freshet/v1/physical_plan.pb.h"
#include "freshet/v1/pipeline.pb.h"
#include "freshet/v1/plan.pb.h"

namespace freshet {

struct CompileContext {
  // Relative paths of files are under it; what lies outside is refused.
  std::string files_root;
  // Of the data directory; goes into the physical plan.
  uint64_t hash_seed = 0;
};

struct CompileResult {
  // The files merged; as far as it could be read.
  v1::Plan plan;
  // Only if there is no ERROR among the problems.
  v1::PhysicalPlan physical;
  // All of them, in the order of the text.
  std::vector<v1::Problem> problems;

  bool ok() const;
};

// Touches no file and no network, and takes milliseconds.
CompileResult Compile(const v1::Definition& definition, const CompileContext& context);

}  // namespace freshet
