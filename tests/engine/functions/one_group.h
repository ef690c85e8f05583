// Computes an aggregate over one group, change by change, for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/key_hash.h"
#include "engine/columnar/text_form.h"
#include "engine/functions/aggregate/aggregate_list.h"
#include "engine/state/entry_store.h"
#include "engine/state/key_table.h"
#include "tests/engine/state/map_state_store.h"

namespace freshet {

class OneGroup {
 public:
  OneGroup(std::string_view name, DataType type, bool append_only = false)
      : function_(FindAggregate(name, std::vector<TypeKind>{type.kind})), type_(type), state_(OptionsFor(append_only)) {
    EntryLayout layout({});
    form_.type = ResultTypeOf(*function_, type_);
    state_.AddNeeds(function_->needs);
    state_.AddSlots(layout);
    table_ = std::make_unique<KeyTable>(layout);
    KeyBatch keys({}, {}, 1, NullKeys::kGroup);
    DeltaBatch any(1, {});
    keys.Assign(any);
    table_->FindOrInsert(keys, &entry_);
  }

  void Add(const std::vector<std::pair<Datum, int64_t>>& values) {
    std::vector<std::pair<Row, int64_t>> rows;
    for (const auto& [value, weight] : values) rows.push_back({{value}, weight});
    DeltaBatch batch = BatchOf(rows, {{"x", type_}});
    std::vector<Entry*> entries(batch.size(), entry_);
    state_.Add(batch, {nullptr, 0, batch.size()}, entries.data(), table_->pool());
  }
  // Values in text form, each with weight 1 or as `-v`'s retraction with weight -1.
  void AddTexts(const std::vector<std::string>& texts, int64_t weight = 1) {
    std::vector<std::pair<Datum, int64_t>> values;
    for (const std::string& text : texts)
      values.push_back({text == "NULL" ? Datum::Null() : *ParseDatum(text, type_), weight});
    Add(values);
  }

  Datum Result() const { return DatumAt(Compute(), 0); }
  std::string Text() const { return FormatDatum(Result(), ResultTypeOf(*function_, type_)); }

  // Saves the state, releases it, and loads it again.
  void Reload() {
    std::string bytes;
    state_.Save(entry_, &bytes);
    const StateId id{"node", "values"};
    MapStateStore store;
    PieceWriter writer(*table_, id, store);
    if (state_.pieces() != nullptr) state_.pieces()->SavePieces(entry_, writer);
    Release();
    std::string_view rest = bytes;
    EXPECT_TRUE(state_.Load(&rest, entry_, table_->pool()));
    EXPECT_TRUE(rest.empty());
    if (state_.pieces() == nullptr) return;
    auto take = [&](Entry* entry, uint32_t piece, std::string_view value) {
      return entry == entry_ && state_.pieces()->LoadPiece(value, piece, entry, table_->pool());
    };
    EXPECT_TRUE(LoadEntries(*table_, 1, id, VnodeOf(entry_->hash), store, take).ok());
    EXPECT_TRUE(state_.pieces()->EndLoad());
  }
  void Release() { state_.Release(entry_, table_->pool()); }
  size_t bytes() const { return table_->StateBytes(); }

 private:
  ArgumentState::Options OptionsFor(bool append_only) const {
    ArgumentState::Options options;
    options.column = ColumnIndex(0);
    options.type = type_;
    options.append_only = append_only;
    return options;
  }
  Column Compute() const {
    const Entry* entry = entry_;
    return function_->compute(state_, form_, {&entry, 1});
  }

  const AggregateFunction* function_;
  DataType type_;
  AggregateForm form_;
  ArgumentState state_;
  std::unique_ptr<KeyTable> table_;
  Entry* entry_ = nullptr;
};

}  // namespace freshet
