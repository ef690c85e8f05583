#include "engine/views/page_collector.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "engine/base/check.h"

namespace freshet {
namespace {

constexpr size_t kCopiesBytes = 4;

void AppendWord(uint32_t value, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}

uint32_t ReadWord(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

// Copies that may be counted in a cursor; a view with more copies of one row shows so many.
uint32_t CopiesOf(int64_t weight) { return static_cast<uint32_t>(std::clamp<int64_t>(weight, 0, UINT32_MAX)); }

std::vector<DataType> TypesOf(const Schema& schema) {
  std::vector<DataType> types;
  for (const Field& field : schema) types.push_back(field.type);
  return types;
}

auto Position(const RowPlace& place) { return std::tuple(place.major, place.minor, place.ordinal); }

class InScanOrder : public PageCollector {
 public:
  InScanOrder(const Schema& schema, uint32_t limit, std::optional<RowPlace> after) : limit_(limit), after_(after) {
    for (const Field& field : schema) builders_.emplace_back(field.type, limit);
    weights_.reserve(limit);
  }

  void Add(const DeltaBatch& batch, std::span<const uint32_t> kept, std::span<const RowPlace> places) override {
    for (uint32_t row : kept) {
      RowPlace place = places[row];
      uint32_t copies = CopiesOf(batch.WeightAt(row));
      if (after_ && Position(place) <= Position(*after_)) {
        if (Position(place) < Position(*after_) || copies <= after_->copies) continue;
        place.copies = after_->copies;
        copies -= after_->copies;
      }
      if (copies == 0) continue;
      if (taken_ == limit_) {
        page_.more = true;
        return;
      }
      uint32_t taken = std::min(copies, limit_ - taken_);
      page_.more = taken < copies;
      taken_ += taken;
      place.copies += taken;
      for (uint32_t i = 0; i < builders_.size(); ++i) builders_[i].AppendFrom(batch.column(ColumnIndex(i)), row);
      weights_.push_back(taken);
      page_.cursors.push_back(EncodePlace(place));
      if (page_.more) return;
    }
  }

  bool complete() const override { return page_.more; }

  ViewPage TakePage() override {
    std::vector<Column> columns;
    for (ColumnBuilder& builder : builders_) columns.push_back(builder.Finish());
    auto size = static_cast<uint32_t>(weights_.size());
    BufferRef weights = BufferRef::Of<int64_t>(size);
    std::copy(weights_.begin(), weights_.end(), weights.mutable_as<int64_t>());
    page_.rows = DeltaBatch(size, std::move(columns), std::move(weights));
    return std::move(page_);
  }

 private:
  const uint32_t limit_;
  const std::optional<RowPlace> after_;
  std::vector<ColumnBuilder> builders_;
  std::vector<int64_t> weights_;
  uint32_t taken_ = 0;
  ViewPage page_;
};

// Keeps the smallest rows seen so far, at least `limit` copies of them if there are so many.
class Sorted : public PageCollector {
 public:
  Sorted(const Schema& schema, uint32_t limit, std::span<const SortColumn> order, std::string_view after_key,
         uint32_t after_copies)
      : schema_(schema),
        limit_(limit),
        codec_(TypesOf(schema), order),
        after_key_(after_key),
        after_copies_(after_copies) {}

  void Add(const DeltaBatch& batch, std::span<const uint32_t> kept, std::span<const RowPlace>) override {
    for (uint32_t row : kept) {
      uint64_t copies = CopiesOf(batch.WeightAt(row));
      key_.clear();
      codec_.Append(batch, row, &key_);
      uint64_t before = 0;
      if (int order = after_key_.empty() ? 1 : key_.compare(after_key_); order <= 0) {
        if (order < 0 || copies <= after_copies_) continue;
        before = after_copies_;
        copies -= before;
      }
      if (copies == 0) continue;
      if (copies_ >= limit_ && key_ >= rows_.rbegin()->first) {
        more_ = true;
        continue;
      }
      auto [item, inserted] = rows_.try_emplace(key_);
      CHECK(inserted) << "two rows of a view have the same sort key";
      item->second.copies = copies;
      item->second.before = before;
      copies_ += copies;
      while (copies_ - rows_.rbegin()->second.copies >= limit_) {
        copies_ -= rows_.rbegin()->second.copies;
        rows_.erase(std::prev(rows_.end()));
        more_ = true;
      }
    }
  }

  bool complete() const override { return false; }

  ViewPage TakePage() override {
    ViewPage page;
    page.more = more_ || copies_ > limit_;
    std::vector<ColumnBuilder> builders;
    for (const Field& field : schema_) builders.emplace_back(field.type, static_cast<uint32_t>(rows_.size()));
    BufferRef weights = BufferRef::Of<int64_t>(rows_.size());
    uint64_t taken = 0;
    uint32_t size = 0;
    for (auto& [key, item] : rows_) {
      codec_.Read(key, builders);
      uint64_t copies = std::min<uint64_t>(item.copies, limit_ - taken);
      taken += copies;
      weights.mutable_as<int64_t>()[size++] = static_cast<int64_t>(copies);
      std::string cursor = key;
      AppendWord(static_cast<uint32_t>(item.before + copies), &cursor);
      page.cursors.push_back(std::move(cursor));
    }
    std::vector<Column> columns;
    for (ColumnBuilder& builder : builders) columns.push_back(builder.Finish());
    page.rows = DeltaBatch(size, std::move(columns), std::move(weights));
    return page;
  }

 private:
  struct Item {
    uint64_t copies = 0;
    uint64_t before = 0;  // copies that the page before took
  };

  const Schema schema_;
  const uint32_t limit_;
  const OrderedRowCodec codec_;
  const std::string after_key_;
  const uint32_t after_copies_;
  std::map<std::string, Item> rows_;
  uint64_t copies_ = 0;
  bool more_ = false;
  std::string key_;
};

}  // namespace

std::string EncodePlace(const RowPlace& place) {
  std::string cursor;
  for (uint32_t word : {place.major, place.minor, place.ordinal, place.copies}) AppendWord(word, &cursor);
  return cursor;
}

absl::StatusOr<RowPlace> DecodePlace(std::string_view cursor) {
  if (cursor.size() != 16) return absl::InvalidArgumentError("the cursor is not one of an unordered page");
  return RowPlace{ReadWord(cursor, 0), ReadWord(cursor, 4), ReadWord(cursor, 8), ReadWord(cursor, 12)};
}

std::unique_ptr<PageCollector> CollectInScanOrder(const Schema& schema, uint32_t limit, std::optional<RowPlace> after) {
  return std::make_unique<InScanOrder>(schema, limit, after);
}

absl::StatusOr<std::unique_ptr<PageCollector>> CollectSorted(const Schema& schema, uint32_t limit,
                                                             std::vector<SortColumn> order, std::string_view after) {
  if (after.empty()) return std::make_unique<Sorted>(schema, limit, order, "", 0);
  if (after.size() <= kCopiesBytes) return absl::InvalidArgumentError("the cursor is not one of an ordered page");
  size_t key_bytes = after.size() - kCopiesBytes;
  return std::make_unique<Sorted>(schema, limit, order, after.substr(0, key_bytes), ReadWord(after, key_bytes));
}

}  // namespace freshet
