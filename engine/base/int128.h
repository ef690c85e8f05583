// The 128-bit integers of the compiler under the project's names.
#pragma once

namespace freshet {

using int128 = __int128;
using uint128 = unsigned __int128;

}  // namespace freshet
