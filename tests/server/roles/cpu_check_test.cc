#include "server/roles/cpu_check.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace freshet {
namespace {

// What the kernel says that the processor has.
bool HasFlag(const std::string& flag) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("flags")) continue;
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      if (word == flag) return true;
    }
    return false;
  }
  return false;
}

TEST(CpuCheckTest, TellsWhatTheProcessorLacks) {
#if defined(__x86_64__)
  EXPECT_EQ(MissingCpuLevel("x86-64-v2"), HasFlag("sse4_2") && HasFlag("popcnt") ? "" : "x86-64-v2");
  EXPECT_EQ(MissingCpuLevel("x86-64-v3"), HasFlag("avx2") && HasFlag("bmi2") ? "" : "x86-64-v3");
  EXPECT_EQ(MissingCpuLevel("x86-64-v4"), HasFlag("avx512vl") && HasFlag("avx512bw") ? "" : "x86-64-v4");
#endif
}

TEST(CpuCheckTest, ALevelThatHasNoNameIsNotChecked) {
  EXPECT_EQ(MissingCpuLevel("native"), "");
  EXPECT_EQ(MissingCpuLevel(""), "");
}

TEST(CpuCheckTest, TheProcessorThatRunsThisHasWhatItWasBuiltFor) { EXPECT_EQ(MissingCpuLevel(BuiltForCpuLevel()), ""); }

}  // namespace
}  // namespace freshet
