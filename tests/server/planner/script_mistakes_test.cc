// Long scripts with many mistakes, mistakes/*.sql: each line with one ends in `--! CODE`. One pass tells of every one
// of them at its line, and of nothing else.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "server/planner/compile.h"

namespace freshet {
namespace {

constexpr std::string_view kFolder = "tests/server/planner/mistakes";
constexpr std::string_view kMark = "--! ";

// Line and code.
using Places = std::set<std::pair<int, std::string>>;

Places PlantedIn(const std::string& script) {
  Places planted;
  std::istringstream lines(script);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const size_t mark = line.find(kMark);
    // The comment at the top tells of the mark.
    if (mark == std::string::npos || line.starts_with("-- ")) continue;
    planted.emplace(number, line.substr(mark + kMark.size()));
  }
  return planted;
}

TEST(ScriptMistakesTest, EveryOneIsToldInOnePass) {
  int scripts = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const Places planted = PlantedIn(text.str());
    EXPECT_GE(planted.size(), 20u) << entry.path();

    v1::Definition definition;
    v1::DefinitionFile* file = definition.add_files();
    file->set_name(entry.path().filename());
    file->set_text(text.str());
    const CompileResult result = Compile(definition, {"/srv", 1});
    Places told;
    for (const v1::Problem& problem : result.problems) {
      told.emplace(problem.line(), problem.code());
      EXPECT_GT(problem.column(), 0) << problem.ShortDebugString();
      EXPECT_TRUE(planted.contains({problem.line(), problem.code()}))
          << entry.path() << " told of more: " << problem.ShortDebugString();
    }
    for (const auto& [line, code] : planted) {
      EXPECT_TRUE(told.contains({line, code})) << entry.path() << ":" << line << " " << code << " is not told";
    }
    EXPECT_EQ(result.problems.size(), planted.size()) << "some are told twice";
    ++scripts;
  }
  EXPECT_EQ(scripts, 2);
}

}  // namespace
}  // namespace freshet
