// Hashes what a node computes to a name that is the same on every machine and in every release that computes the same:
// the id of its state.
#pragma once

#include <string>
#include <string_view>

namespace freshet {

// 128 bits of a text's hash, as 32 hexadecimal digits.
std::string FingerprintOf(std::string_view logic);

}  // namespace freshet
