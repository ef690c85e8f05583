#include "engine/state/block_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>

namespace freshet {
namespace {

TEST(BlockPoolTest, RoundsToClassesAndCountsThem) {
  EXPECT_EQ(BlockPool::ClassBytes(1), 16u);
  EXPECT_EQ(BlockPool::ClassBytes(64), 64u);
  EXPECT_EQ(BlockPool::ClassBytes(513), 640u);
  EXPECT_EQ(BlockPool::ClassBytes(1 << 20), size_t{1} << 20);
  for (size_t bytes = 1; bytes < (3 << 20); bytes += bytes / 3 + 1) EXPECT_GE(BlockPool::ClassBytes(bytes), bytes);
  BlockPool pool;
  void* block = pool.Allocate(100);
  EXPECT_EQ(pool.used_bytes(), 112u);
  pool.Free(block, 100);
  EXPECT_EQ(pool.used_bytes(), 0u);
  EXPECT_EQ(pool.reserved_bytes(), 64u << 10);
}

TEST(BlockPoolTest, ReusesWhatIsFreed) {
  BlockPool pool;
  void* block = pool.Allocate(48);
  pool.Free(block, 48);
  EXPECT_EQ(pool.Allocate(40), block);
}

TEST(BlockPoolTest, BlocksDoNotOverlap) {
  BlockPool pool;
  std::mt19937_64 random(7);
  std::map<char*, size_t> blocks;
  for (int step = 0; step < 20000; ++step) {
    if (!blocks.empty() && random() % 3 == 0) {
      auto it = std::next(blocks.begin(), static_cast<long>(random() % std::min<size_t>(blocks.size(), 50)));
      for (size_t i = 0; i < it->second; i += 97) ASSERT_EQ(it->first[i], static_cast<char>(it->second));
      pool.Free(it->first, it->second);
      blocks.erase(it);
      continue;
    }
    size_t bytes = 1 + random() % (random() % 100 == 0 ? 3 << 20 : random() % 10 == 0 ? 5000 : 100);
    char* block = static_cast<char*>(pool.Allocate(bytes));
    ASSERT_EQ(reinterpret_cast<uintptr_t>(block) % (BlockPool::ClassBytes(bytes) % 64 == 0 ? 64 : 16), 0u);
    std::memset(block, static_cast<char>(bytes), bytes);
    auto [it, added] = blocks.emplace(block, bytes);
    ASSERT_TRUE(added);
    if (it != blocks.begin()) ASSERT_LE(std::prev(it)->first + std::prev(it)->second, block);
    if (std::next(it) != blocks.end()) ASSERT_LE(block + bytes, std::next(it)->first);
  }
}

}  // namespace
}  // namespace freshet
