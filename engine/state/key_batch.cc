#include "engine/state/key_batch.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/columnar/double_order.h"

namespace freshet {
namespace {

template <typename T, typename ToWord>
const uint64_t* FillWords(const Column& column, std::vector<uint64_t>& words, ToWord to_word) {
  uint32_t size = column.size();
  if (words.size() < size) words.resize(size);
  const T* values = column.values<T>();
  for (uint32_t row = 0; row < size; ++row) words[row] = to_word(values[row]);
  if (!column.all_valid()) {
    for (uint32_t row = 0; row < size; ++row) {
      if (!column.IsValue(row)) words[row] = 0;
    }
  }
  return words.data();
}

}  // namespace

bool KeepsKeyForm(DataType type) {
  switch (PhysicalOf(type.kind)) {
    case PhysicalType::kBool:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
    case PhysicalType::kString:
      return true;
    case PhysicalType::kDouble:
      return false;
    case PhysicalType::kNumeric:
      return type.precision > 0;
  }
  __builtin_unreachable();
}

KeyBatch::KeyBatch(KeyColumns key, std::vector<DataType> types, uint64_t seed, NullKeys null_keys)
    : key_(std::move(key)),
      types_(std::move(types)),
      seed_(seed),
      null_handling_(null_keys),
      cells_(key_.size()),
      words_(key_.size()) {
  CHECK_EQ(key_.size(), types_.size());
}

void KeyBatch::Assign(const DeltaBatch& batch) {
  batch_ = &batch;
  hashes_ = HashKeys(batch, key_, seed_);
  SelectRows();
  for (uint32_t ordinal = 0; ordinal < key_.size(); ++ordinal) PrepareCells(ordinal);
  PrepareNullMasks();
}

void KeyBatch::SelectRows() {
  error_rows_.clear();
  null_rows_.clear();
  rows_ = nullptr;
  size_ = batch_->size();
  any_null_ = false;
  bool any_invalid =
      std::any_of(key_.begin(), key_.end(), [&](ColumnIndex i) { return !batch_->column(i).all_valid(); });
  if (!any_invalid) return;
  kept_rows_.clear();
  for (uint32_t row = 0; row < batch_->size(); ++row) {
    bool error = false, null = false;
    for (ColumnIndex index : key_) {
      const Column& column = batch_->column(index);
      if (column.IsValue(row)) continue;
      (column.IsError(row) ? error : null) = true;
    }
    if (error) {
      error_rows_.push_back(row);
    } else if (null && null_handling_ == NullKeys::kSkip) {
      null_rows_.push_back(row);
    } else {
      any_null_ |= null;
      kept_rows_.push_back(row);
    }
  }
  if (kept_rows_.size() == batch_->size()) return;
  rows_ = kept_rows_.data();
  size_ = static_cast<uint32_t>(kept_rows_.size());
}

CellError KeyBatch::ErrorOf(uint32_t row) const {
  for (ColumnIndex index : key_) {
    if (CellError error = batch_->column(index).ErrorAt(row); error != CellError::kNone) return error;
  }
  return CellError::kNone;
}

void KeyBatch::PrepareCells(uint32_t ordinal) {
  const Column& column = batch_->column(key_[ordinal]);
  Cells& cells = cells_[ordinal];
  std::vector<uint64_t>& words = words_[ordinal];
  switch (column.physical()) {
    case PhysicalType::kBool:
      cells.words = FillWords<uint8_t>(column, words, [](uint8_t value) { return uint64_t{value}; });
      return;
    case PhysicalType::kInt32:
      cells.words =
          FillWords<int32_t>(column, words, [](int32_t value) { return static_cast<uint64_t>(int64_t{value}); });
      return;
    case PhysicalType::kInt64:
      cells.words = column.all_valid()
                        ? reinterpret_cast<const uint64_t*>(column.values<int64_t>())
                        : FillWords<int64_t>(column, words, [](int64_t value) { return static_cast<uint64_t>(value); });
      return;
    case PhysicalType::kDouble:
      cells.words = FillWords<double>(column, words, CanonicalDoubleBits);
      return;
    case PhysicalType::kNumeric:
      cells.numerics = column.values<Numeric>();
      return;
    case PhysicalType::kString:
      cells.strings = column.values<StringCell>();
      return;
  }
  __builtin_unreachable();
}

void KeyBatch::PrepareNullMasks() {
  if (!any_null_) return;
  null_masks_.assign(batch_->size(), 0);
  for (uint32_t ordinal = 0; ordinal < std::min<size_t>(key_.size(), 16); ++ordinal) {
    const Column& column = batch_->column(key_[ordinal]);
    if (column.all_valid()) continue;
    for (uint32_t row = 0; row < batch_->size(); ++row) {
      if (column.IsNull(row)) null_masks_[row] |= static_cast<uint16_t>(1 << ordinal);
    }
  }
}

}  // namespace freshet
