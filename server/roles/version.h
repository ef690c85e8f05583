// The version of this build.
#pragma once

namespace freshet {

inline constexpr char kVersion[] = FRESHET_VERSION;

}  // namespace freshet
