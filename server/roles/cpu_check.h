// Ends the process with a clear message where the processor lacks instructions that the build uses.
#pragma once

#include <string>

namespace freshet {

// What the processor lacks of the architecture level that `march` names (x86-64-v2, -v3, -v4); empty: nothing, or a
// level that cannot be checked by name.
std::string MissingCpuLevel(const char* march);

// The level that this build was made for.
const char* BuiltForCpuLevel();

}  // namespace freshet
