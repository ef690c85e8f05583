#include "server/plan/fingerprint.h"

#include "absl/strings/str_format.h"
#include "engine/base/key_hash.h"

namespace freshet {
namespace {

// Any two numbers would do, but they can never change: every stored state is found by them.
constexpr uint64_t kFirstSeed = 0x6672657368657431ull;
constexpr uint64_t kSecondSeed = 0x6672657368657432ull;

}  // namespace

std::string FingerprintOf(std::string_view logic) {
  return absl::StrFormat("%016x%016x", HashBytes(logic.data(), logic.size(), kFirstSeed),
                         HashBytes(logic.data(), logic.size(), kSecondSeed));
}

}  // namespace freshet
