// PostgreSQL's names of functions, and those of the engine's list.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace freshet {

struct FunctionSpelling {
  std::string_view name;
  bool swapped = false;  // the first two arguments stand the other way round
};

// The names under which the engine may have the function, best first: PostgreSQL's parser turns position(a in b) into
// position(b, a), substring(x from 1) into substring(x, 1), and trim(x) into btrim(x).
std::vector<FunctionSpelling> SpellingsOf(std::string_view name, size_t arguments);

}  // namespace freshet
