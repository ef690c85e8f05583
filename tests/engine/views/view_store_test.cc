#include "engine/views/view_store.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "engine/columnar/text_form.h"
#include "engine/views/view_read.h"

namespace freshet {
namespace {

const Schema kSchema = {{"k", {TypeKind::kBigint}}, {"v", {TypeKind::kText}}};

ViewStore::Options KeyedOptions() { return {.schema = kSchema, .key = {ColumnIndex(0)}, .hash_seed = 7}; }

void Apply(ViewStore& store, std::string_view rows) { store.Apply(*ParseBatch(rows, store.schema())); }

void Commit(ViewStore& store, uint64_t epoch) { store.Commit({.epoch = Epoch(epoch), .load_complete = true}); }

ViewPage Read(ViewStore& store, ViewRead::Query query) {
  auto read = ViewRead::Start(store, std::move(query));
  EXPECT_TRUE(read.ok()) << read.status();
  while (!(*read)->Step(3)) {
  }
  return (*read)->TakePage();
}

// All rows at an epoch, page by page.
ZSet ReadAll(ViewStore& store, uint64_t epoch, uint32_t limit, std::vector<SortColumn> order = {}) {
  ZSet all;
  std::string after;
  while (true) {
    ViewPage page = Read(store, {.epoch = Epoch(epoch), .order = order, .limit = limit, .after = after});
    all.Add(page.rows);
    int64_t rows = 0;
    for (uint32_t row = 0; row < page.rows.size(); ++row) rows += page.rows.WeightAt(row);
    EXPECT_LE(rows, limit);
    if (!page.more) return all;
    EXPECT_EQ(rows, limit);
    after = page.cursors.back();
  }
}

TEST(ViewStore, ShowsNothingBeforeTheLoadIsComplete) {
  ViewStore store(KeyedOptions());
  Apply(store, "+1 | 1 | a");
  store.Commit({.epoch = Epoch(1)});
  EXPECT_FALSE(store.visible());
  EXPECT_FALSE(store.Pin(Epoch(1)));
  Apply(store, "+1 | 2 | b");
  Commit(store, 2);
  EXPECT_TRUE(store.visible());
  EXPECT_EQ(store.row_count(), 2u);
  EXPECT_EQ(ReadAll(store, 2, 10).Format(kSchema), "+1 | 1 | a\n+1 | 2 | b\n");
}

TEST(ViewStore, ARunningEpochIsNotSeen) {
  ViewStore store(KeyedOptions());
  Apply(store, "+1 | 1 | a\n+1 | 2 | b");
  Commit(store, 1);
  Apply(store, "-1 | 1 | a\n+1 | 1 | x\n-1 | 2 | b\n+1 | 3 | c");
  EXPECT_EQ(ReadAll(store, 1, 10).Format(kSchema), "+1 | 1 | a\n+1 | 2 | b\n");
  EXPECT_EQ(store.row_count(), 2u);
  Commit(store, 2);
  EXPECT_EQ(ReadAll(store, 2, 10).Format(kSchema), "+1 | 1 | x\n+1 | 3 | c\n");
  EXPECT_EQ(ReadAll(store, 1, 10).Format(kSchema), "+1 | 1 | a\n+1 | 2 | b\n") << "still needed";
  store.SetOldestNeeded(Epoch(2));
  EXPECT_FALSE(store.Pin(Epoch(1)));
  EXPECT_EQ(store.version_bytes(), 0u);
}

TEST(ViewStore, APinKeepsItsEpochAndNoOther) {
  ViewStore store(KeyedOptions());
  Apply(store, "+1 | 1 | a");
  Commit(store, 1);
  ASSERT_TRUE(store.Pin(Epoch(1)));
  for (uint64_t epoch = 2; epoch <= 100; ++epoch) {
    Apply(store, epoch % 2 == 0 ? "-1 | 1 | a\n+1 | 1 | b" : "-1 | 1 | b\n+1 | 1 | a");
    Commit(store, epoch);
    store.SetOldestNeeded(Epoch(epoch));
  }
  size_t one_version = store.version_bytes();
  EXPECT_LT(one_version, 300u);
  EXPECT_EQ(ReadAll(store, 1, 10).Format(kSchema), "+1 | 1 | a\n");
  EXPECT_EQ(ReadAll(store, 100, 10).Format(kSchema), "+1 | 1 | b\n");
  EXPECT_FALSE(store.Pin(Epoch(50)));
  store.Unpin(Epoch(1));
  EXPECT_EQ(store.version_bytes(), 0u);
  EXPECT_FALSE(store.Pin(Epoch(1)));
}

TEST(ViewStore, FindsKeys) {
  ViewStore store(KeyedOptions());
  Apply(store, "+1 | 1 | a\n+1 | NULL | none\n+2 | 2 | twice\n+1 | 2 | once");
  Commit(store, 1);
  auto keys = *ParseBatch("+1 | 2\n+1 | 7\n+1 | NULL\n+1 | 2", {{"k", {TypeKind::kBigint}}});
  ViewPage page = Read(store, {.epoch = Epoch(1), .keys = keys});
  ZSet found;
  found.Add(page.rows);
  EXPECT_EQ(found.Format(kSchema), "+1 | 2 | once\n+2 | 2 | twice\n+1 | NULL | none\n");
  EXPECT_FALSE(page.more);
}

TEST(ViewStore, KeepsRowsWithErrorsAndForms) {
  Schema schema = {{"n", {TypeKind::kNumeric}}, {"d", {TypeKind::kDouble}}};
  ViewStore store({.schema = schema, .key = {}, .hash_seed = 1});
  Apply(store, "+1 | 1.0 | 0\n+1 | 1.00 | 0\n+1 | ERROR(DIVISION_BY_ZERO) | NULL\n+1 | -2.5 | NaN");
  Commit(store, 1);
  ViewPage page = Read(store, {.epoch = Epoch(1), .order = {{ColumnIndex(0)}}});
  EXPECT_EQ(FormatBatch(page.rows),
            "+1 | -2.5 | NaN\n+1 | 1.0 | 0\n+1 | 1.00 | 0\n+1 | ERROR(DIVISION_BY_ZERO) | NULL\n");
}

TEST(ViewStore, OrdersAndContinuesInTheMiddleOfCopies) {
  ViewStore store({.schema = kSchema, .key = {}, .hash_seed = 7});
  Apply(store, "+3 | 1 | a\n+1 | 2 | b\n+1 | NULL | n");
  Commit(store, 1);
  std::vector<SortColumn> order = {{.column = ColumnIndex(0), .descending = true}};
  ViewPage first = Read(store, {.epoch = Epoch(1), .order = order, .limit = 3});
  EXPECT_EQ(FormatBatch(first.rows), "+1 | 2 | b\n+2 | 1 | a\n") << "NULLs behind unless nulls_first says so";
  EXPECT_TRUE(first.more);
  ViewPage second = Read(store, {.epoch = Epoch(1), .order = order, .limit = 3, .after = first.cursors.back()});
  EXPECT_EQ(FormatBatch(second.rows), "+1 | 1 | a\n+1 | NULL | n\n");
  EXPECT_FALSE(second.more);
}

TEST(ViewStore, RefusesCursorsOfNoPage) {
  ViewStore store(KeyedOptions());
  Apply(store, "+1 | 1 | a");
  Commit(store, 1);
  EXPECT_EQ(ViewRead::Start(store, {.epoch = Epoch(1), .after = "abc"}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ViewRead::Start(store, {.epoch = Epoch(2)}).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(store.Pin(Epoch(1))) << "a refused read leaves no trace";
}

// `count` rows under key 1: the values from `first` on.
DeltaBatch ManyRows(int64_t first, uint32_t count, int64_t weight = 1) {
  std::vector<std::pair<Row, int64_t>> rows;
  for (uint32_t i = 0; i < count; ++i)
    rows.push_back({{Datum::Int(1), Datum::Text(std::to_string(first + i))}, weight});
  return BatchOf(rows, kSchema);
}

TEST(ViewStore, AnEpochUnderALargeKeyKeepsWhatItChanges) {
  ViewStore store(KeyedOptions());
  store.Apply(ManyRows(0, 20'000));
  Commit(store, 1);
  ASSERT_TRUE(store.Pin(Epoch(1)));
  for (uint64_t epoch = 2; epoch <= 11; ++epoch) {
    store.Apply(ManyRows(static_cast<int64_t>(epoch), 1, -1));
    Commit(store, epoch);
    store.SetOldestNeeded(Epoch(epoch));
  }
  EXPECT_LT(store.version_bytes(), 10u * 200);
  // One slice looks at no more than it is told to, also in the middle of the key.
  auto read = *ViewRead::Start(store, {.epoch = Epoch(1), .limit = 1'000'000});
  int slices = 1;
  while (!read->Step(100)) ++slices;
  EXPECT_GE(slices, 200);
  EXPECT_EQ(read->TakePage().rows.size(), 20'000u);
  // A later page begins where the one before ended.
  ViewPage page = Read(store, {.epoch = Epoch(1), .limit = 19'000});
  auto next = *ViewRead::Start(store, {.epoch = Epoch(1), .limit = 100, .after = page.cursors.back()});
  EXPECT_TRUE(next->Step(200));
  EXPECT_EQ(next->TakePage().rows.size(), 100u);
  read = nullptr;
  next = nullptr;
  store.Unpin(Epoch(1));
  EXPECT_EQ(store.version_bytes(), 0u);
}

TEST(ViewStore, GivesVersionsUpInBoundedSteps) {
  ViewStore store(KeyedOptions());
  store.Apply(ManyRows(0, 10'000));
  Commit(store, 1);
  ASSERT_TRUE(store.Pin(Epoch(1)));
  store.Apply(ManyRows(0, 10'000, -1));
  Commit(store, 2);
  store.SetOldestNeeded(Epoch(2));
  while (store.DropVersions()) {
  }
  size_t bytes = store.version_bytes();
  store.Unpin(Epoch(1));
  EXPECT_GT(store.version_bytes(), bytes / 2) << "not all of them at once";
  while (store.DropVersions(100)) {
  }
  EXPECT_EQ(store.version_bytes(), 0u);
}

class RecordingStore : public StateWriter, public StateReader {
 public:
  void Put(const StateId&, VnodeId vnode, uint64_t hash, uint32_t part, std::string_view value) override {
    values_[{vnode, hash, part}] = value;
    bytes_put += value.size();
  }
  void Delete(const StateId&, VnodeId vnode, uint64_t hash, uint32_t part) override {
    values_.erase({vnode, hash, part});
  }
  absl::Status Load(const StateId&, VnodeId vnode,
                    const std::function<absl::Status(uint64_t, uint32_t, std::string_view)>& visit) override {
    for (const auto& [key, value] : values_) {
      if (std::get<0>(key) != vnode) continue;
      if (absl::Status status = visit(std::get<1>(key), std::get<2>(key), value); !status.ok()) return status;
    }
    return absl::OkStatus();
  }
  bool empty() const { return values_.empty(); }
  size_t bytes_put = 0;

 private:
  std::map<std::tuple<VnodeId, uint64_t, uint32_t>, std::string> values_;
};

TEST(ViewStore, SavesALargeKeyInParts) {
  ViewStore store(KeyedOptions());
  RecordingStore saved;
  StateId id{"view", "rows"};
  store.Apply(ManyRows(0, 20'000));
  store.SaveDirty(id, saved);
  Commit(store, 1);
  EXPECT_GT(saved.bytes_put, 100'000u);
  saved.bytes_put = 0;
  store.Apply(ManyRows(5, 1, -1));
  store.SaveDirty(id, saved);
  Commit(store, 2);
  EXPECT_GT(saved.bytes_put, 0u);
  EXPECT_LT(saved.bytes_put, 20'000u) << "a page";

  ViewStore loaded(KeyedOptions());
  for (uint32_t vnode = 0; vnode < kVnodeCount; ++vnode) ASSERT_TRUE(loaded.Load(id, VnodeId(vnode), saved).ok());
  Commit(loaded, 2);
  EXPECT_EQ(ReadAll(loaded, 2, 7000), ReadAll(store, 2, 7000));
  saved.bytes_put = 0;
  loaded.SaveDirty(id, saved);
  EXPECT_EQ(saved.bytes_put, 0u) << "it stands in the store as it is";
  loaded.Apply(ManyRows(6, 1, -1));
  loaded.SaveDirty(id, saved);
  EXPECT_LT(saved.bytes_put, 20'000u);
  Commit(loaded, 3);
  loaded.Apply(ManyRows(0, 20'000, -1));
  loaded.Apply(ManyRows(5, 2));
  loaded.SaveDirty(id, saved);
  Commit(loaded, 4);
  loaded.SetOldestNeeded(Epoch(4));
  while (loaded.DropVersions()) {
  }
  Apply(loaded, "+1 | 2 | x");
  loaded.SaveDirty(id, saved);
  Commit(loaded, 5);
  Apply(loaded, "-1 | 2 | x");
  loaded.SaveDirty(id, saved);
  EXPECT_TRUE(saved.empty());
}

// Random histories with pins and restarts: every epoch that can be read is what was committed then.
TEST(ViewStoreProperty, EveryReadableEpochIsWhatWasCommitted) {
  for (uint64_t seed = 0; seed < 32; ++seed) {
    std::mt19937_64 random(seed);
    auto below = [&](uint64_t n) { return random() % n; };
    // Every fourth history has hundreds of rows under one key, and times in which most of them go.
    bool many = seed % 4 == 3;
    uint64_t keys = many ? 2 : 6, values = many ? 900 : 4;
    bool keyless = below(2) == 0;
    ViewStore::Options options{.schema = kSchema, .key = {}, .hash_seed = seed};
    if (!keyless) options.key = {ColumnIndex(0)};
    auto store = std::make_unique<ViewStore>(options);
    RecordingStore saved;
    StateId id{"view", "rows"};
    std::map<uint64_t, ZSet> history;
    ZSet content;
    std::map<uint64_t, int> pins;
    uint64_t epoch = 0, oldest = 1;
    std::unique_ptr<ViewRead> slow;
    bool slow_done = false;
    ZSet slow_expected, listed, listing_expected;
    uint64_t listing_epoch = 0;
    std::string listing_after;
    for (int step = 0; step < 60; ++step) {
      epoch += 1 + below(3);
      std::vector<std::pair<Row, int64_t>> changes;
      bool shrinks = many && step % 20 >= 12;
      for (uint64_t i = below(many ? 160 : 12); i > 0; --i) {
        if (!content.empty() && (shrinks || below(many ? 4 : 2) == 0)) {
          auto row = std::next(content.rows().begin(), below(content.rows().size()));
          changes.emplace_back(row->first, -1);
          content.Add(row->first, -1);
        } else {
          Row row = {below(8) == 0 ? Datum::Null() : Datum::Int(below(keys)),
                     below(9) == 0 ? Datum::Error(CellError::kOverflow)
                                   : Datum::Text("a long value of row " + std::to_string(below(values)))};
          changes.emplace_back(row, 1 + below(2));
          content.Add(row, changes.back().second);
        }
      }
      std::shuffle(changes.begin(), changes.end(), random);
      for (const auto& change : changes) store->Apply(BatchOf({change}, kSchema));
      // A read begun before goes on in between, and a listing too.
      if (slow != nullptr) {
        for (uint64_t slices = below(4); slices > 0 && !slow_done; --slices) slow_done = slow->Step(1 + below(40));
        if (slow_done) {
          ZSet read;
          read.Add(slow->TakePage().rows);
          ASSERT_EQ(read, slow_expected) << "seed " << seed << " slow read";
          slow = nullptr;
        }
      }
      if (listing_epoch != 0) {
        ViewPage page = Read(*store, {.epoch = Epoch(listing_epoch), .limit = 17, .after = listing_after});
        listed.Add(page.rows);
        if (page.more) {
          listing_after = page.cursors.back();
        } else {
          ASSERT_EQ(listed, listing_expected) << "seed " << seed << " listing";
          store->Unpin(Epoch(listing_epoch));
          listing_epoch = 0;
        }
      }
      if (below(8) == 0) {
        store->SaveDirty(id, saved);
        slow = nullptr;
        listing_epoch = 0;
        auto fresh = std::make_unique<ViewStore>(options);
        for (uint32_t vnode = 0; vnode < kVnodeCount; ++vnode) {
          ASSERT_TRUE(fresh->Load(id, VnodeId(vnode), saved).ok());
        }
        store = std::move(fresh);
        history.clear();
        pins.clear();
        oldest = epoch;
      }
      Commit(*store, epoch);
      history[epoch] = content;
      if (slow == nullptr) {
        slow = *ViewRead::Start(*store, {.epoch = Epoch(epoch), .limit = 1'000'000});
        slow_done = false;
        slow_expected = content;
      }
      if (listing_epoch == 0) {
        ASSERT_TRUE(store->Pin(Epoch(epoch)));
        listing_epoch = epoch;
        listing_after.clear();
        listing_expected = content;
        listed = ZSet();
      }
      if (below(3) == 0 && store->Pin(Epoch(epoch))) ++pins[epoch];
      if (!pins.empty() && below(4) == 0) {
        auto pin = std::next(pins.begin(), below(pins.size()));
        store->Unpin(Epoch(pin->first));
        if (--pin->second == 0) pins.erase(pin);
      }
      if (below(2) == 0) store->SetOldestNeeded(Epoch(oldest = epoch - below(2)));
      for (const auto& [past, expected] : history) {
        bool readable = past >= oldest || pins.contains(past);
        if (!readable || (many && below(6) != 0)) continue;
        ASSERT_EQ(ReadAll(*store, past, 1 + below(many ? 200 : 5)), expected) << "seed " << seed << " epoch " << past;
        ASSERT_EQ(ReadAll(*store, past, 1 + below(many ? 900 : 5), {{.column = ColumnIndex(1), .descending = true}}),
                  expected);
      }
    }
    for (const auto& [past, count] : pins) {
      for (int i = 0; i < count; ++i) store->Unpin(Epoch(past));
    }
    slow = nullptr;
    if (listing_epoch != 0) store->Unpin(Epoch(listing_epoch));
    store->SetOldestNeeded(Epoch(epoch));
    while (store->DropVersions()) {
    }
    EXPECT_EQ(store->version_bytes(), 0u) << "seed " << seed;
  }
}

}  // namespace
}  // namespace freshet
