#include "server/sql/parse/parse_tree.h"

#include <dlfcn.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "server/sql/parse/large_stack_thread.h"

// Names that libpg_query has too. Were its names seen, this would not link, or the parser would call these.
extern "C" {
int other_palloc_calls = 0;
void* palloc(size_t) { return ++other_palloc_calls, nullptr; }
void* XXH3_createState() { return ++other_palloc_calls, nullptr; }
}

namespace freshet {
namespace {

bool Parses(const std::string& statement) { return std::holds_alternative<std::string>(ParseStatementTree(statement)); }

TEST(ParseTreeTest, NamesOfTheParsersLibraryAreItsOwn) {
  EXPECT_TRUE(Parses("SELECT a + 1"));
  EXPECT_EQ(other_palloc_calls, 0);
  EXPECT_EQ(dlsym(RTLD_DEFAULT, "MemoryContextAlloc"), nullptr);
  EXPECT_EQ(dlsym(RTLD_DEFAULT, "pfree"), nullptr);
}

TEST(ParseTreeTest, GoesOnAfterErrors) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(Parses("SELECT (a +"));
    EXPECT_TRUE(Parses("SELECT (a + 1)"));
  }
}

TEST(ParseTreeTest, ThreadsParseBesideEachOther) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int k = 0; k < 200; ++k) EXPECT_TRUE(Parses("SELECT CASE WHEN a > 1 THEN b ELSE c END"));
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(ParseTreeTest, DeepTextsDoNotOverflowTheStack) {
  std::string sum = "SELECT 1";
  while (sum.size() < (64 << 10)) sum += "+1";
  ParseStatementTree(sum);
  std::string nots = "SELECT ";
  while (nots.size() < (64 << 10)) nots += "NOT ";
  ParseStatementTree(nots + "a");
  EXPECT_TRUE(Parses("SELECT a"));
}

TEST(LargeStackThreadTest, RunsTasksOneAfterTheOtherOnOneThread) {
  LargeStackThread thread;
  std::thread::id first, second;
  ASSERT_TRUE(thread.Run([&] { first = std::this_thread::get_id(); }));
  ASSERT_TRUE(thread.Run([&] { second = std::this_thread::get_id(); }));
  EXPECT_EQ(first, second);
  EXPECT_NE(first, std::this_thread::get_id());
  int sum = 0;
  // Deeper than any usual stack.
  std::function<int(int)> count = [&](int depth) {
    volatile char space[256] = {};
    return depth == 0 ? 0 : 1 + count(depth - 1) + space[0];
  };
  ASSERT_TRUE(thread.Run([&] { sum = count(80'000); }));
  EXPECT_EQ(sum, 80'000);
}

}  // namespace
}  // namespace freshet
