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

class RecordingStore : public StateWriter, public StateReader {
 public:
  void Put(const StateId&, VnodeId vnode, uint64_t hash, uint32_t part, std::string_view value) override {
    values_[{vnode, hash, part}] = value;
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

 private:
  std::map<std::tuple<VnodeId, uint64_t, uint32_t>, std::string> values_;
};

// Random histories with pins and restarts: every epoch that can be read is what was committed then.
TEST(ViewStoreProperty, EveryReadableEpochIsWhatWasCommitted) {
  for (uint64_t seed = 0; seed < 25; ++seed) {
    std::mt19937_64 random(seed);
    auto below = [&](uint64_t n) { return random() % n; };
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
    for (int step = 0; step < 60; ++step) {
      epoch += 1 + below(3);
      std::vector<std::pair<Row, int64_t>> changes;
      for (uint64_t i = below(12); i > 0; --i) {
        if (!content.empty() && below(2) == 0) {
          auto row = std::next(content.rows().begin(), below(content.rows().size()));
          changes.emplace_back(row->first, -1);
          content.Add(row->first, -1);
        } else {
          Row row = {below(8) == 0 ? Datum::Null() : Datum::Int(below(6)),
                     below(9) == 0 ? Datum::Error(CellError::kOverflow)
                                   : Datum::Text("a long value of row " + std::to_string(below(4)))};
          changes.emplace_back(row, 1 + below(2));
          content.Add(row, changes.back().second);
        }
      }
      std::shuffle(changes.begin(), changes.end(), random);
      for (const auto& change : changes) store->Apply(BatchOf({change}, kSchema));
      if (below(8) == 0) {
        store->SaveDirty(id, saved);
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
      if (below(3) == 0 && store->Pin(Epoch(epoch))) ++pins[epoch];
      if (!pins.empty() && below(4) == 0) {
        auto pin = std::next(pins.begin(), below(pins.size()));
        store->Unpin(Epoch(pin->first));
        if (--pin->second == 0) pins.erase(pin);
      }
      if (below(2) == 0) store->SetOldestNeeded(Epoch(oldest = epoch - below(2)));
      for (const auto& [past, expected] : history) {
        bool readable = past >= oldest || pins.contains(past);
        if (!readable) continue;
        ASSERT_EQ(ReadAll(*store, past, 1 + below(5)), expected) << "seed " << seed << " epoch " << past;
        ASSERT_EQ(ReadAll(*store, past, 1 + below(5), {{.column = ColumnIndex(1), .descending = true}}), expected);
      }
    }
    for (const auto& [past, count] : pins) {
      for (int i = 0; i < count; ++i) store->Unpin(Epoch(past));
    }
    store->SetOldestNeeded(Epoch(epoch));
    EXPECT_EQ(store->version_bytes(), 0u) << "seed " << seed;
  }
}

}  // namespace
}  // namespace freshet
