#include "server/pipelines/page_merge.h"

#include <algorithm>
#include <random>

#include "engine/columnar/batch_codec.h"
#include "engine/columnar/column_builder.h"
#include "engine/columnar/datum.h"
#include "gtest/gtest.h"
#include "server/errors/error_list.h"
#include "server/pipelines/page_token.h"

namespace freshet {
namespace {

const Schema kSchema = {{"n", {TypeKind::kBigint}}};

std::string Word(uint32_t value) {
  std::string word;
  for (int shift = 24; shift >= 0; shift -= 8) word.push_back(static_cast<char>(value >> shift));
  return word;
}

uint32_t ReadWord(const std::string& text, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(text[at + i]);
  return value;
}

// A shard's rows: value and how often it stands; in the order in which it gives them. A cursor is the value (ordered)
// or the row's number, then the copies given, as the engine's pages have it.
using ShardRows = std::vector<std::pair<uint32_t, uint32_t>>;

v1::ReadResponse PageOf(const ShardRows& rows, const std::string& after, uint32_t limit, bool ordered) {
  ColumnBuilder values({TypeKind::kBigint});
  std::vector<int64_t> weights;
  v1::ReadResponse response;
  uint32_t count = 0;
  for (uint32_t i = 0; i < rows.size(); ++i) {
    uint32_t place = ordered ? rows[i].first : i;
    uint32_t before = 0;
    if (!after.empty()) {
      if (place < ReadWord(after, 0)) continue;
      if (place == ReadWord(after, 0)) before = ReadWord(after, 4);
      if (before >= rows[i].second) continue;
    }
    if (count == limit) {
      response.set_more(true);
      break;
    }
    uint32_t given = std::min(rows[i].second - before, limit - count);
    response.set_more(response.more() || given < rows[i].second - before);
    count += given;
    AppendDatum(Datum::Int(rows[i].first), values);
    weights.push_back(given);
    response.add_cursors(Word(place) + Word(before + given));
  }
  std::vector<Column> columns;
  columns.push_back(values.Finish());
  BufferRef buffer = BufferRef::Of<int64_t>(std::max<size_t>(1, weights.size()));
  std::copy(weights.begin(), weights.end(), buffer.mutable_as<int64_t>());
  EncodeBatch(DeltaBatch(static_cast<uint32_t>(weights.size()), std::move(columns), std::move(buffer)),
              response.mutable_batch());
  return response;
}

// Lists everything, page by page.
std::vector<int64_t> ListAll(const std::vector<ShardRows>& shards, uint32_t limit, bool ordered) {
  std::vector<int64_t> listed;
  ListingPlace place;
  for (int page = 0; page < 10'000; ++page) {
    std::vector<uint32_t> asked;
    std::vector<v1::ReadResponse> responses;
    for (uint32_t shard = 0; shard < shards.size(); ++shard) {
      if (!ordered && shard < place.shard) continue;
      std::string after = ordered ? OrderedCursorOf(place, shard) : shard == place.shard ? place.after : "";
      asked.push_back(shard);
      responses.push_back(PageOf(shards[shard], after, limit, ordered));
    }
    auto merged = MergePages(kSchema, asked, responses, limit, ordered);
    EXPECT_TRUE(merged.ok()) << merged.status();
    uint64_t count = 0;
    for (uint32_t row = 0; row < merged->rows.size(); ++row) {
      for (int64_t copy = 0; copy < merged->rows.WeightAt(row); ++copy, ++count) {
        listed.push_back(DatumAt(merged->rows.column(ColumnIndex(0)), row).int_value());
      }
    }
    EXPECT_EQ(count, merged->count);
    EXPECT_LE(count, limit);
    if (!merged->next) return listed;
    EXPECT_EQ(count, limit) << "a page with more behind it is full";
    place = *merged->next;
  }
  ADD_FAILURE() << "the listing does not end";
  return listed;
}

TEST(PageMergeTest, PagesGiveEveryRowOnceInOrder) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<ShardRows> shards(1 + random() % 4);
    std::vector<int64_t> all;
    for (ShardRows& rows : shards) {
      uint32_t value = 0;
      for (uint32_t n = random() % 12; n > 0; --n) {
        value += 1 + random() % 2;  // the same values stand on several shards
        rows.emplace_back(value, 1 + random() % 5);
        all.insert(all.end(), rows.back().second, value);
      }
    }
    uint32_t limit = 1 + random() % 9;
    std::vector<int64_t> scanned = ListAll(shards, limit, /*ordered=*/false);
    EXPECT_EQ(scanned, all) << "scan, round " << round;
    std::sort(all.begin(), all.end());
    EXPECT_EQ(ListAll(shards, limit, /*ordered=*/true), all) << "ordered, round " << round;
  }
}

TEST(PageMergeTest, RefusesWhatAShardWouldNotSend) {
  v1::ReadResponse response = PageOf({{1, 1}}, "", 10, true);
  response.add_cursors("one too many");
  EXPECT_FALSE(MergePages(kSchema, {0}, {response}, 10, true).ok());
  response.clear_cursors();
  response.add_cursors("x");
  EXPECT_FALSE(MergePages(kSchema, {0}, {response}, 10, true).ok());
  response.set_batch("garbage");
  EXPECT_FALSE(MergePages(kSchema, {0}, {response}, 10, true).ok());
}

TEST(PageTokenTest, ReadsItsOwnAndRefusesOthers) {
  PageToken token{"uid", 3, 77, 123456789, 2, std::string("a\0b", 3)};
  std::string text = EncodePageToken(token, 5);
  auto read = DecodePageToken(text, 5);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, token);
  EXPECT_EQ(CodeOf(DecodePageToken(text, 6).status()), ErrorCode::kInvalidToken);
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(DecodePageToken(changed, 5).ok()) << i;
    EXPECT_FALSE(DecodePageToken(text.substr(0, i), 5).ok()) << i;
  }
}

}  // namespace
}  // namespace freshet
