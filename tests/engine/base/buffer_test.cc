#include "engine/base/buffer.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace freshet {
namespace {

TEST(BufferTest, IsAlignedAndReadableBehindItsEnd) {
  for (size_t size : {0, 1, 63, 64, 65, 4096}) {
    BufferRef buffer = BufferRef::AllocateZeroed(size);
    EXPECT_EQ(buffer.size(), size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.as<char>()) % 64, 0u);
    volatile char sum = 0;
    for (size_t i = 0; i < size; ++i) EXPECT_EQ(buffer.as<char>()[i], 0);
    for (size_t i = size; i < size + 64; ++i) sum = sum + buffer.as<char>()[i];
  }
}

TEST(BufferTest, RefsShareOneBlock) {
  BufferRef a = BufferRef::Of<int64_t>(3);
  a.mutable_as<int64_t>()[2] = 7;
  BufferRef b = a;
  EXPECT_TRUE(a == b);
  EXPECT_EQ(b.as<int64_t>()[2], 7);
  BufferRef c = std::move(a);
  EXPECT_FALSE(a);  // NOLINT: moved from on purpose
  EXPECT_EQ(a.as<char>(), nullptr);
  EXPECT_EQ(a.size(), 0u);
  b = BufferRef();
  EXPECT_EQ(c.as<int64_t>()[2], 7);
  BufferRef& self = c;
  c = self;
  EXPECT_EQ(c.as<int64_t>()[2], 7);
}

TEST(BufferTest, ThreadsShareCounts) {
  BufferRef shared = BufferRef::AllocateZeroed(64);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([shared] {
      for (int i = 0; i < 10'000; ++i) {
        BufferRef copy = shared;
        ASSERT_EQ(copy.as<char>()[0], 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shared.size(), 64u);
}

}  // namespace
}  // namespace freshet
