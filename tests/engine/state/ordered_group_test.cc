#include "engine/state/ordered_group.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "engine/columnar/string_cell.h"

namespace freshet {
namespace {

struct StringOps {
  static std::strong_ordering Compare(const StringCell& a, const StringCell& b) { return a <=> b; }
  static StringCell Own(const StringCell& cell, BlockPool& pool) {
    if (cell.is_inline()) return cell;
    char* copy = static_cast<char*>(pool.Allocate(cell.size()));
    std::memcpy(copy, cell.data(), cell.size());
    return StringCell(copy, cell.size());
  }
  static void Disown(const StringCell& cell, BlockPool& pool) {
    if (cell.is_inline()) return;
    std::memset(const_cast<char*>(cell.data()), '#', cell.size());  // shows a use after it
    pool.Free(const_cast<char*>(cell.data()), cell.size());
  }
};

using Group = OrderedGroup<StringCell, StringOps>;

std::string TextOf(uint64_t n) {
  std::string text = std::to_string(100000 + n);
  return n % 2 == 0 ? text : text + " and more than twelve bytes";
}

void ExpectSame(const Group& group, const std::map<std::string, int64_t>& model) {
  ASSERT_EQ(group.size(), model.size());
  auto it = model.begin();
  group.ForEach([&](const StringCell& value, int64_t weight) {
    ASSERT_EQ(value.view(), it->first);
    ASSERT_EQ(weight, it->second);
    ++it;
  });
  if (model.empty()) return;
  EXPECT_EQ(group.First().view(), model.begin()->first);
  EXPECT_EQ(group.Last().view(), model.rbegin()->first);
}

// What checkpoints have written of a group, piece by piece.
class StoredPieces {
 public:
  // Returns the number of pieces that were written or deleted.
  size_t Save(Group& group) {
    size_t changed = 0;
    auto put = [&](uint32_t piece, auto for_each) {
      ++changed;
      pieces_[piece].clear();
      for_each([&](const StringCell& value, int64_t weight) { pieces_[piece].emplace(value.view(), weight); });
      EXPECT_LE(pieces_[piece].size(), 100u);
    };
    auto drop = [&](uint32_t piece) {
      ++changed;
      EXPECT_EQ(pieces_.erase(piece), 1u);
    };
    group.TakePieces(put, drop);
    return changed;
  }
  std::map<std::string, int64_t> All() const {
    std::map<std::string, int64_t> all;
    for (const auto& [piece, values] : pieces_) {
      for (const auto& [value, weight] : values) EXPECT_TRUE(all.emplace(value, weight).second) << value;
    }
    return all;
  }
  size_t size() const { return pieces_.size(); }

 private:
  std::map<uint32_t, std::map<std::string, int64_t>> pieces_;
};

TEST(OrderedGroupPieces, HoldTheGroupAndOnlyThoseThatChangedAreTaken) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    BlockPool pool;
    Group group;
    std::map<std::string, int64_t> model;
    std::mt19937_64 random(seed);
    auto add = [&](const std::string& text, int64_t weight) {
      group.Add(StringCell(text), weight, pool);
      if ((model[text] += weight) == 0) model.erase(text);
    };
    for (uint64_t i = 0; i < 500; ++i) add(TextOf(i), 1);
    StoredPieces stored;
    for (int round = 0; round < 60; ++round) {
      const uint64_t changes = random() % (round % 10 == 0 ? 600 : 4);
      const bool removes = (round / 10) % 2 == 1;
      for (uint64_t i = 0; i < changes; ++i) {
        if (removes && model.size() > 2) {
          auto it = std::next(model.begin(), static_cast<std::ptrdiff_t>(random() % model.size()));
          add(std::string(it->first), -it->second);
        } else {
          add(TextOf(random() % 2000), random() % 8 == 0 ? 2 : 1);
        }
      }
      ASSERT_TRUE(group.in_pieces());
      const size_t changed = stored.Save(group);
      EXPECT_LE(changed, 1 + 3 * changes + (round == 0 ? 500 : 0));
      ASSERT_EQ(stored.All(), model) << "seed " << seed << " round " << round;
    }
    size_t known = 0;
    group.ForEachStoredPiece([&](uint32_t) { ++known; });
    EXPECT_EQ(known, stored.size());
    group.Clear(pool);
    EXPECT_EQ(pool.used_bytes(), 0u);
  }
}

class OrderedGroupTest : public testing::TestWithParam<uint64_t> {};

TEST_P(OrderedGroupTest, AgreesWithAMap) {
  BlockPool pool;
  Group group;
  std::map<std::string, int64_t> model;
  std::mt19937_64 random(GetParam());
  uint64_t variety = GetParam();
  for (int phase = 0; phase < 6; ++phase) {
    for (uint64_t step = 0; step < variety * 2; ++step) {
      bool removes = phase % 2 == 1 && !model.empty();
      std::string text = TextOf(random() % variety);
      if (removes) {
        auto it = model.lower_bound(text);
        text = it == model.end() ? model.begin()->first : it->first;
      }
      int64_t weight = removes ? -model[text] : static_cast<int64_t>(random() % 5) - 2;
      group.Add(StringCell(text), weight, pool);
      if ((model[text] += weight) == 0) model.erase(text);
    }
    ExpectSame(group, model);
  }
  while (!model.empty()) {
    group.Add(StringCell(model.begin()->first), -model.begin()->second, pool);
    model.erase(model.begin());
  }
  EXPECT_TRUE(group.empty());
  EXPECT_EQ(pool.used_bytes(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Sizes, OrderedGroupTest, testing::Values(3, 40, 65, 700, 20000));

TEST(OrderedGroupOrderTest, AscendingAndDescendingInsertionsAndClear) {
  BlockPool pool;
  for (bool descending : {false, true}) {
    Group group;
    std::map<std::string, int64_t> model;
    for (uint64_t i = 0; i < 5000; ++i) {
      std::string text = TextOf(descending ? 5000 - i : i);
      group.Add(StringCell(text), 1, pool);
      model[text] = 1;
    }
    ExpectSame(group, model);
    group.Clear(pool);
    EXPECT_EQ(pool.used_bytes(), 0u);
  }
}

}  // namespace
}  // namespace freshet
