#include "engine/functions/aggregate/argument_state.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/functions/aggregate/state_bytes.h"

namespace freshet {

void ArgumentState::AddSlots(EntryLayout& layout) {
  count_ = layout.AddSlot(sizeof(int64_t));
  has_error_ = layout.AddBit();
  if (!options_.rows.empty()) options_.type = {TypeKind::kText};
  // Functions of rows look at each of them once themselves.
  if (options_.distinct && options_.rows.empty()) distinct_ = MakeDistinctValues(options_.type, layout);
  if (options_.needs.sum) AddSum(layout);
  if (options_.needs.bits) Keep(bit_counts_, std::make_unique<BitCounts>(options_.type, layout));
  if (options_.needs.squares && options_.type.kind == TypeKind::kDouble) {
    Keep(double_square_sum_, std::make_unique<DoubleSquareSum>(layout));
  } else if (options_.needs.squares) {
    Keep(decimal_square_sum_, std::make_unique<DecimalSquareSum>(options_.type, layout));
  }
  if (options_.needs.pairs) Keep(pair_sums_, std::make_unique<PairSums>(layout));
  WantedExtremes wanted{options_.needs.least, options_.needs.greatest};
  if (!wanted.least && !wanted.greatest && !options_.needs.values) return;
  extremes_ = options_.append_only && !options_.needs.values
                  ? MakeAppendOnlyExtremes(options_.type, wanted, count_, layout)
                  : MakeOrderedExtremes(options_.type, count_, layout);
}

void ArgumentState::AddSum(EntryLayout& layout) {
  switch (PhysicalOf(options_.type.kind)) {
    case PhysicalType::kBool:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
      return Keep(integer_sum_, std::make_unique<IntegerSum>(options_.type, layout));
    case PhysicalType::kNumeric:
      return Keep(numeric_sum_, std::make_unique<NumericSum>(layout));
    case PhysicalType::kDouble:
      return Keep(double_sum_, std::make_unique<DoubleSum>(layout));
    case PhysicalType::kString:
      CHECK(false) << "no sum of " << TypeName(options_.type);
  }
}

void ArgumentState::Add(const DeltaBatch& batch, const BatchRows& rows, Entry* const* entries, BlockPool& pool) {
  AccumulatorInput input{nullptr, rows.count, entries, rows.rows, rows.first, nullptr};
  if (options_.column) input.column = &batch.column(*options_.column);
  if (options_.second) input.second = &batch.column(*options_.second);
  FindChecked(batch);
  if (options_.filter || !options_.rows.empty() ||
      std::ranges::any_of(checked_, [](const Checked& checked) { return !checked.column->all_valid(); })) {
    SelectRows(batch, rows, entries);
    input.count = static_cast<uint32_t>(selected_entries_.size());
    input.entries = selected_entries_.data();
    input.rows = selected_rows_.data();
    input.first = 0;
    if (batch.weights() != nullptr) input.weights = selected_weights_.data();
  } else if (batch.weights() != nullptr) {
    input.weights = batch.weights() + rows.first;
    if (rows.rows != nullptr) {
      selected_weights_.resize(rows.count);
      for (uint32_t i = 0; i < rows.count; ++i) selected_weights_[i] = batch.weights()[rows.RowAt(i)];
      input.weights = selected_weights_.data();
    }
  }
  if (!options_.rows.empty()) {
    encoded_ = EncodeRows(options_.rows, batch, selected_rows_);
    input.column = &encoded_;
    input.rows = nullptr;
  }
  if (distinct_ != nullptr) input = distinct_->Add(input, pool);
  if (extremes_ != nullptr) {
    extremes_->Add(input, pool);  // counts
  } else if (input.weights == nullptr) {
    for (uint32_t i = 0; i < input.count; ++i) ++input.entries[i]->At<int64_t>(count_);
  } else {
    for (uint32_t i = 0; i < input.count; ++i) input.entries[i]->At<int64_t>(count_) += input.weights[i];
  }
  for (Accumulator* accumulator : accumulators_) accumulator->Add(input, pool);
}

void ArgumentState::FindChecked(const DeltaBatch& batch) {
  checked_.clear();
  if (options_.column) checked_.push_back({&batch.column(*options_.column), true});
  if (options_.second) checked_.push_back({&batch.column(*options_.second), true});
  for (const RowPart& part : options_.rows) checked_.push_back({&batch.column(part.column), part.skips_null});
}

void ArgumentState::SelectRows(const DeltaBatch& batch, const BatchRows& rows, Entry* const* entries) {
  const Column* filter = options_.filter ? &batch.column(*options_.filter) : nullptr;
  selected_entries_.clear();
  selected_rows_.clear();
  selected_weights_.clear();
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows.RowAt(i);
    if (filter != nullptr && !filter->IsError(row)) {
      if (!filter->IsValue(row) || filter->values<uint8_t>()[row] == 0) continue;
    }
    bool error = filter != nullptr && filter->IsError(row), skipped = false;
    for (const Checked& checked : checked_) {
      error = error || checked.column->IsError(row);
      skipped = skipped || (checked.skips_null && !checked.column->IsValue(row));
    }
    if (error) {
      AddErrors(entries[i], batch.WeightAt(row));
      continue;
    }
    if (skipped) continue;
    selected_entries_.push_back(entries[i]);
    selected_rows_.push_back(row);
    selected_weights_.push_back(batch.WeightAt(row));
  }
}

void ArgumentState::AddErrors(Entry* entry, int64_t weight) {
  auto [it, added] = errors_.try_emplace(entry, 0);
  it->second += weight;
  if (it->second == 0) {
    errors_.erase(it);
    has_error_.Clear(entry);
  } else {
    has_error_.Set(entry);
  }
}

void ArgumentState::Release(Entry* entry, BlockPool& pool) {
  if (distinct_ != nullptr) distinct_->Release(entry, pool);
  if (extremes_ != nullptr) extremes_->Release(entry, pool);
  for (Accumulator* accumulator : accumulators_) accumulator->Release(entry, pool);
  entry->At<int64_t>(count_) = 0;
  if (has_error_.Get(entry)) {
    errors_.erase(entry);
    has_error_.Clear(entry);
  }
}

void ArgumentState::Save(const Entry* entry, std::string* out) const {
  PutFixed(Count(entry), out);
  PutFixed(HasError(entry) ? errors_.at(entry) : int64_t{0}, out);
  if (distinct_ != nullptr) distinct_->Save(entry, out);
  if (extremes_ != nullptr) extremes_->Save(entry, out);
  for (const Accumulator* accumulator : accumulators_) accumulator->Save(entry, out);
}

bool ArgumentState::Load(std::string_view* bytes, Entry* entry, BlockPool& pool) {
  int64_t errors = 0;
  if (!TakeFixed(bytes, &entry->At<int64_t>(count_)) || !TakeFixed(bytes, &errors)) return false;
  if (errors != 0) AddErrors(entry, errors);
  if (distinct_ != nullptr && !distinct_->Load(bytes, entry, pool)) return false;
  if (extremes_ != nullptr && !extremes_->Load(bytes, entry, pool)) return false;
  return std::ranges::all_of(accumulators_,
                             [&](Accumulator* accumulator) { return accumulator->Load(bytes, entry, pool); });
}

}  // namespace freshet
