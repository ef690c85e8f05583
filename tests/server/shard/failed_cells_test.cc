#include "server/shard/failed_cells.h"

#include <map>
#include <optional>

#include <gtest/gtest.h>

#include "engine/columnar/text_form.h"

namespace freshet {
namespace {

const Schema kSchema = {
    {"k", DataType{TypeKind::kBigint}}, {"ratio", DataType{TypeKind::kBigint}}, {"share", DataType{TypeKind::kBigint}}};
const StateId kId{"node", "failed_cells"};

FailedCells::Options TestOptions() {
  return {.node = "v/view", .schema = kSchema, .key = {ColumnIndex(0)}, .hash_seed = 7};
}

// A row `weight, k, ratio, share`; no value: ERROR of that code.
struct Cell {
  std::optional<int64_t> value;
  CellError error = CellError::kNone;
};

DeltaBatch Row(int64_t weight, int64_t k, Cell ratio, Cell share = {1}) {
  std::vector<Column> columns;
  for (const Cell& cell : {Cell{k}, ratio, share}) {
    ColumnBuilder builder(DataType{TypeKind::kBigint}, 1);
    AppendDatum(cell.value ? Datum::Int(*cell.value) : Datum::Error(cell.error), builder);
    columns.push_back(builder.Finish());
  }
  BufferRef weights = BufferRef::Allocate(sizeof(int64_t));
  weights.mutable_as<int64_t>()[0] = weight;
  return DeltaBatch(1, columns, weights);
}

const Cell kZero{std::nullopt, CellError::kDivisionByZero};
const Cell kLarge{std::nullopt, CellError::kOverflow};

// "column CODE count sample", a line each.
std::string Shown(const FailedCells& cells) {
  std::vector<v1::ExpressionError> errors;
  cells.AppendTo(&errors);
  std::string text;
  for (const v1::ExpressionError& error : errors) {
    EXPECT_EQ(error.node(), "v/view");
    text += error.column() + " " + error.code() + " " + std::to_string(error.count()) + " " + error.sample() + "\n";
  }
  return text;
}

// A store of states in memory.
class Store : public StateWriter, public StateReader {
 public:
  void Put(const StateId&, VnodeId vnode, uint64_t hash, uint32_t, std::string_view value) override {
    entries_[{vnode.value(), hash}] = std::string(value);
  }
  void Delete(const StateId&, VnodeId vnode, uint64_t hash, uint32_t) override {
    entries_.erase({vnode.value(), hash});
  }
  absl::Status Load(const StateId&, VnodeId vnode,
                    const std::function<absl::Status(uint64_t, uint32_t, std::string_view)>& visit) override {
    for (const auto& [key, value] : entries_) {
      if (key.first != vnode.value()) continue;
      absl::Status status = visit(key.second, 0, value);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }
  std::map<std::pair<uint16_t, uint64_t>, std::string> entries_;
};

TEST(FailedCellsTest, CountsByColumnAndCode) {
  FailedCells cells(TestOptions());
  cells.Count(Row(1, 1, {5}));
  EXPECT_EQ(Shown(cells), "");
  cells.Count(Row(1, 1, kZero));
  cells.Count(Row(2, 2, kZero, kLarge));
  cells.Count(Row(1, 3, kLarge));
  EXPECT_EQ(Shown(cells),
            "ratio NUMERIC_OUT_OF_RANGE 1 {\"k\":\"3\",\"ratio\":\"ERROR(NUMERIC_OUT_OF_RANGE)\",\"share\":\"1\"}\n"
            "ratio DIVISION_BY_ZERO 3 "
            "{\"k\":\"2\",\"ratio\":\"ERROR(DIVISION_BY_ZERO)\",\"share\":\"ERROR(NUMERIC_OUT_OF_RANGE)\"}\n"
            "share NUMERIC_OUT_OF_RANGE 2 "
            "{\"k\":\"2\",\"ratio\":\"ERROR(DIVISION_BY_ZERO)\",\"share\":\"ERROR(NUMERIC_OUT_OF_RANGE)\"}\n");
}

TEST(FailedCellsTest, HealsWhenTheRowGoes) {
  FailedCells cells(TestOptions());
  cells.Count(Row(1, 1, kZero));
  cells.Count(Row(1, 2, kZero));
  // The sample is a row that is still there.
  cells.Count(Row(-1, 1, kZero));
  EXPECT_EQ(Shown(cells),
            "ratio DIVISION_BY_ZERO 1 {\"k\":\"2\",\"ratio\":\"ERROR(DIVISION_BY_ZERO)\",\"share\":\"1\"}\n");
  cells.Count(Row(-1, 2, kZero));
  EXPECT_EQ(Shown(cells), "");
  // A retraction may come before its insertion.
  cells.Count(Row(-1, 4, kZero));
  EXPECT_EQ(Shown(cells), "");
  cells.Count(Row(1, 4, kZero));
  EXPECT_EQ(Shown(cells), "");
}

TEST(FailedCellsTest, SurvivesARestartVnodeByVnode) {
  Store store;
  FailedCells before(TestOptions());
  for (int64_t k = 0; k < 100; ++k) before.Count(Row(1, k, kZero));
  before.SaveDirty(kId, store);
  before.Count(Row(-1, 7, kZero));
  before.Count(Row(1, 1000, kLarge));
  before.SaveDirty(kId, store);
  size_t saved = store.entries_.size();
  EXPECT_GT(saved, 10u);

  // Two shards take half of the vnodes each.
  FailedCells left(TestOptions()), right(TestOptions());
  for (uint32_t vnode = 0; vnode < kVnodeCount; ++vnode) {
    FailedCells& owner = vnode < kVnodeCount / 2 ? left : right;
    ASSERT_TRUE(owner.Load(kId, VnodeId(static_cast<uint16_t>(vnode)), store).ok());
  }
  std::vector<v1::ExpressionError> errors;
  left.AppendTo(&errors);
  right.AppendTo(&errors);
  std::map<std::string, int64_t> counts;
  for (const v1::ExpressionError& error : errors) {
    counts[error.code()] += error.count();
    EXPECT_NE(error.sample(), "");
  }
  EXPECT_EQ(counts, (std::map<std::string, int64_t>{{"DIVISION_BY_ZERO", 99}, {"NUMERIC_OUT_OF_RANGE", 1}}));

  // What heals is forgotten by the store too.
  for (int64_t k = 0; k < 100; ++k) {
    if (k != 7) before.Count(Row(-1, k, kZero));
  }
  before.Count(Row(-1, 1000, kLarge));
  before.SaveDirty(kId, store);
  EXPECT_TRUE(store.entries_.empty());
}

TEST(FailedCellsTest, RefusesWhatItDidNotWrite) {
  Store store;
  store.Put(kId, VnodeId(3), (uint64_t{3} << 54) | (9 << 8) | 1, 0, "");
  FailedCells cells(TestOptions());
  EXPECT_FALSE(cells.Load(kId, VnodeId(3), store).ok());
}

}  // namespace
}  // namespace freshet
