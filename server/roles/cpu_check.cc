// This file alone is compiled for plain x86-64, and its check runs before any other initialisation: everything else may
// use instructions that the processor does not have.
#include "server/roles/cpu_check.h"

#include <unistd.h>

#include <cstring>

namespace freshet {
namespace {

bool Lacks(const char* march) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (std::strcmp(march, "x86-64-v4") == 0) return !__builtin_cpu_supports("x86-64-v4");
  if (std::strcmp(march, "x86-64-v3") == 0) return !__builtin_cpu_supports("x86-64-v3");
  if (std::strcmp(march, "x86-64-v2") == 0) return !__builtin_cpu_supports("x86-64-v2");
#endif
  return false;
}

void Print(const char* text) { (void)!::write(STDERR_FILENO, text, std::strlen(text)); }

__attribute__((constructor(101))) void CheckCpu() {
  if (!Lacks(FRESHET_MARCH)) return;
  Print("freshetd: this processor lacks instructions of " FRESHET_MARCH
        " (AVX2 and others), for which freshetd was built. Build it with -DFRESHET_MARCH=x86-64-v2, or run it on a "
        "newer machine.\n");
  ::_exit(1);
}

}  // namespace

std::string MissingCpuLevel(const char* march) { return Lacks(march) ? march : ""; }

const char* BuiltForCpuLevel() { return FRESHET_MARCH; }

}  // namespace freshet
