#include "server/connectors/api/dead_letter_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/str_cat.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

RejectedRecord Rejected(std::string partition, int64_t offset, int64_t time = 0) {
  RejectedRecord record;
  record.partition = std::move(partition);
  record.offset = offset;
  record.stamp_time = time;
  record.position = StrCat("line ", offset);
  record.record = "x";
  return record;
}

const Epoch kCommitted(1000);

std::vector<std::string> List(const DeadLetterStore& store, std::string_view after = {}, uint32_t limit = 100) {
  std::vector<std::string> lines;
  for (const v1::DeadLetter& letter : store.List(kCommitted, after, limit)) {
    lines.push_back(StrCat(letter.partition(), " ", letter.position(), " e", letter.epoch()));
  }
  return lines;
}

TEST(DeadLetterStore, ListsByPartitionAndOffsetOnceSealed) {
  DeadLetterStore store("t", "t/0", {});
  store.Add(Rejected("b", 300));
  store.Add(Rejected("b", 5));
  store.Add(Rejected("a", 9));
  EXPECT_THAT(List(store), IsEmpty());
  store.Seal(Epoch(4));
  EXPECT_THAT(List(store), ElementsAre("a line 9 e4", "b line 5 e4", "b line 300 e4"));
  std::vector<v1::DeadLetter> page = store.List(kCommitted, {}, 2);
  EXPECT_THAT(List(store, page[1].cursor()), ElementsAre("b line 300 e4"));
  EXPECT_LT(page[0].cursor(), page[1].cursor());
  // A replay brings the same letters.
  store.Add(Rejected("a", 9));
  store.Seal(Epoch(5));
  EXPECT_THAT(List(store), ElementsAre("a line 9 e5", "b line 5 e4", "b line 300 e4"));
}

TEST(DeadLetterStore, ListsNoneOfAnEpochThatIsNotCommitted) {
  DeadLetterStore store("t", "t/0", {});
  store.Add(Rejected("p", 1));
  store.Seal(Epoch(4));
  store.Add(Rejected("p", 2));
  store.Seal(Epoch(5));
  EXPECT_THAT(store.List(Epoch(3), {}, 10), IsEmpty());
  EXPECT_EQ(store.List(Epoch(4), {}, 10).size(), 1u);
  EXPECT_EQ(store.List(Epoch(5), {}, 10).size(), 2u);
}

TEST(DeadLetterStore, KeepsTheNewestByStampAndCountsAll) {
  DeadLetterStore store("t", "t/0", {.count = 3, .bytes = 1 << 20});
  for (int i = 0; i < 100; ++i) store.Add(Rejected("p", i, 1000 - i));
  store.Seal(Epoch(1));
  EXPECT_EQ(store.total(), 100u);
  EXPECT_THAT(List(store), ElementsAre("p line 0 e1", "p line 1 e1", "p line 2 e1"));
  DeadLetterStore small("t", "t/0", {.count = 1000, .bytes = 1000});
  for (int i = 0; i < 100; ++i) small.Add(Rejected("p", i));
  small.Seal(Epoch(1));
  EXPECT_LT(small.kept(), 10u);
  EXPECT_GT(small.kept(), 0u);
}

TEST(DeadLetterStore, CursorsOfOtherSourcesAreInOrder) {
  DeadLetterStore first("t", "t/0", {});
  DeadLetterStore second("t", "t/1", {});
  first.Add(Rejected("p", 1));
  second.Add(Rejected("p", 1));
  first.Seal(Epoch(1));
  second.Seal(Epoch(1));
  std::string middle = second.List(kCommitted, {}, 1)[0].cursor();
  EXPECT_LT(first.List(kCommitted, {}, 1)[0].cursor(), middle);
  EXPECT_THAT(List(first, middle), IsEmpty());
  EXPECT_THAT(List(second, first.List(kCommitted, {}, 1)[0].cursor()), ElementsAre("p line 1 e1"));
}

}  // namespace
}  // namespace freshet
