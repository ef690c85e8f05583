#include "engine/state/key_directory.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "engine/state/entry_slabs.h"

namespace freshet {
namespace {

// Against a map, with hashes that crowd the same lines and tags.
TEST(KeyDirectoryTest, AgreesWithAMapOverInsertionsAndRemovals) {
  for (uint64_t spread : {uint64_t{3}, uint64_t{500}, uint64_t{1} << 53}) {
    BlockPool pool;
    KeyDirectory directory;
    std::map<uint32_t, uint64_t> hash_of;
    std::mt19937_64 random(spread);
    uint32_t next = 0;
    for (int step = 0; step < 6000; ++step) {
      bool removes = step / 1500 % 2 == 1 && !hash_of.empty();
      if (removes) {
        auto it = hash_of.lower_bound(static_cast<uint32_t>(random() % next));
        if (it == hash_of.end()) it = hash_of.begin();
        directory.Remove(it->second, it->first);
        hash_of.erase(it);
      } else {
        uint64_t hash = (random() % spread) << 1;
        directory.Insert(hash, next, pool);
        hash_of[next++] = hash;
      }
    }
    for (const auto& [number, hash] : hash_of) {
      ASSERT_EQ(directory.Find(hash, [&](uint32_t candidate) { return candidate == number; }), number);
    }
    std::set<uint32_t> seen;
    directory.ForEach([&](uint32_t number) { EXPECT_TRUE(seen.insert(number).second); });
    EXPECT_EQ(seen.size(), hash_of.size());
    for (uint32_t number : seen) EXPECT_TRUE(hash_of.contains(number));
  }
}

TEST(KeyDirectoryTest, AnEmptyOneFindsNothingAndTakesNoMemory) {
  KeyDirectory directory;
  for (uint64_t hash : {uint64_t{0}, uint64_t{1}, ~uint64_t{0}}) {
    EXPECT_EQ(directory.Candidate(hash), KeyDirectory::kNone);
    EXPECT_EQ(directory.Find(hash, [](uint32_t) { return true; }), KeyDirectory::kNone);
  }
}

TEST(EntrySlabsTest, EntriesDoNotOverlapNorMove) {
  for (uint32_t entry_bytes : {24u, 64u, 72u, 3000u}) {
    BlockPool pool;
    EntrySlabs slabs(entry_bytes, pool);
    uint32_t count = 100'000'000 / entry_bytes / 40;
    std::vector<Entry*> entries;
    for (uint32_t i = 0; i < count; ++i) {
      ASSERT_EQ(slabs.Add(), i);
      entries.push_back(slabs[i]);
      std::memset(static_cast<void*>(entries.back()), static_cast<int>(i % 251), entry_bytes);
    }
    for (uint32_t i = 0; i < count; ++i) {
      ASSERT_EQ(slabs[i], entries[i]);
      for (uint32_t byte : {0u, entry_bytes - 1}) ASSERT_EQ(static_cast<uint8_t>(slabs[i]->bytes()[byte]), i % 251);
    }
    EXPECT_LE(pool.used_bytes(), size_t{count} * entry_bytes * 2 + (2 << 20));
  }
}

}  // namespace
}  // namespace freshet
