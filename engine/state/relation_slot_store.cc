// How a relation slot is written and read. A value is one page of a key's rows: the key's cells, the number of rows,
// then for each row its cells and its weight. Part = the table's part of the key + 256 * page.
#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/row_codec.h"
#include "engine/state/big_relation.h"
#include "engine/state/relation_slot.h"

namespace freshet {
namespace {

constexpr uint32_t kPartsPerPage = 256;
constexpr uint32_t kGroupRows = 4096;  // written or read at a time
constexpr DataType kBigint{TypeKind::kBigint};

KeyColumns FirstColumns(size_t count) {
  KeyColumns columns;
  for (uint32_t i = 0; i < count; ++i) columns.push_back(ColumnIndex(i));
  return columns;
}

std::vector<DataType> KeyTypes(const EntryLayout& layout) {
  std::vector<DataType> types;
  for (const EntryLayout::KeyCell& cell : layout.key()) types.push_back(cell.type);
  return types;
}

// Collects pages and writes them in groups, so that cells are gathered by column.
class PageWriter {
 public:
  PageWriter(const KeyTable& table, const RowLayout& rows, const StateId& id, StateWriter& writer)
      : table_(table), rows_(rows), id_(id), writer_(writer) {}

  void Add(const Entry* entry, uint32_t page, StoredRowRun run) {
    pages_.push_back({page, run.count});
    entries_.push_back(entry);
    for (uint32_t i = 0; i < run.count; ++i) row_pointers_.push_back(run.Row(i));
    if (row_pointers_.size() >= kGroupRows) Flush();
  }

  void Flush() {
    uint32_t key_count = static_cast<uint32_t>(table_.layout().key().size());
    std::vector<Column> keys, cells;
    for (uint32_t i = 0; i < key_count; ++i) keys.push_back(table_.GatherKey(i, entries_));
    for (uint32_t i = 0; i < rows_.columns().size(); ++i) cells.push_back(rows_.Gather(i, row_pointers_));
    cells.push_back(GatherWeights());
    DeltaBatch key_batch(static_cast<uint32_t>(entries_.size()), std::move(keys));
    DeltaBatch row_batch(static_cast<uint32_t>(row_pointers_.size()), std::move(cells));
    KeyColumns key_columns = FirstColumns(key_count), row_columns = FirstColumns(rows_.columns().size() + 1);
    uint32_t row = 0;
    for (uint32_t i = 0; i < pages_.size(); ++i) {
      value_.clear();
      EncodeRow(key_batch, key_columns, i, &value_);
      for (uint32_t end = row + pages_[i].rows; row < end; ++row) EncodeRow(row_batch, row_columns, row, &value_);
      writer_.Put(id_, VnodeOf(entries_[i]->hash), entries_[i]->hash,
                  KeyTable::PartOf(entries_[i]) + pages_[i].page * kPartsPerPage, value_);
    }
    pages_.clear();
    entries_.clear();
    row_pointers_.clear();
  }

 private:
  struct Page {
    uint32_t page;
    uint32_t rows;
  };

  Column GatherWeights() const {
    BufferRef weights = BufferRef::Of<int64_t>(row_pointers_.size());
    for (size_t i = 0; i < row_pointers_.size(); ++i) weights.mutable_as<int64_t>()[i] = row_pointers_[i]->weight();
    return Column(kBigint, static_cast<uint32_t>(row_pointers_.size()), std::move(weights));
  }

  const KeyTable& table_;
  const RowLayout& rows_;
  const StateId& id_;
  StateWriter& writer_;
  std::vector<Page> pages_;
  std::vector<const Entry*> entries_;
  std::vector<const StoredRow*> row_pointers_;
  std::string value_;
};

}  // namespace

void RelationSlot::Save(KeyTable& table, std::span<Entry* const> live, std::span<Entry* const> retired,
                        const StateId& id, StateWriter& writer) {
  PageWriter pages(table, rows_, id, writer);
  auto delete_pages = [&](const Entry* entry, uint32_t begin, uint32_t end) {
    for (uint32_t page = begin; page < end; ++page) {
      writer.Delete(id, VnodeOf(entry->hash), entry->hash, KeyTable::PartOf(entry) + page * kPartsPerPage);
    }
  };
  for (Entry* entry : live) {
    Slot& slot = entry->At<Slot>(offset_);
    if (!slot.IsBig()) {
      if (IsEmpty(entry)) {
        delete_pages(entry, 0, 1);
      } else {
        pages.Add(entry, 0, RowsFrom(entry, 0));
      }
      continue;
    }
    BigRelation* big = BigOf(slot);
    for (uint32_t page = 0; page < big->page_count(); ++page) {
      if (big->IsDirty(page)) pages.Add(entry, page, RowsFrom(entry, page * big->rows_per_page()));
    }
    delete_pages(entry, big->page_count(), std::max(1u, big->stored_pages()));
  }
  pages.Flush();
  // Only now, when nothing points to the pages' rows any more.
  for (Entry* entry : live) {
    Slot& slot = entry->At<Slot>(offset_);
    if (!slot.IsBig()) continue;
    BigOf(slot)->SetStored(BigOf(slot)->page_count());
    if (slot.count < kSmallRows / 2) ShrinkBig(table.pool(), slot);
  }
  for (Entry* entry : retired) {
    Slot& slot = entry->At<Slot>(offset_);
    bool big = slot.IsBig();
    delete_pages(entry, 0, big ? std::max(1u, BigOf(slot)->stored_pages()) : 1);
    if (big) FreeBig(table.pool(), slot);
  }
}

absl::Status RelationSlot::Load(KeyTable& table, uint64_t seed, const StateId& id, VnodeId vnode, StateReader& reader,
                                StoredHashes stored_hashes) {
  std::vector<DataType> key_types = KeyTypes(table.layout());
  KeyColumns key_columns = FirstColumns(key_types.size()), row_columns = FirstColumns(rows_.columns().size());
  KeyBatch keys(key_columns, key_types, seed, NullKeys::kGroup);
  std::vector<ColumnBuilder> key_builders, row_builders;
  for (DataType type : key_types) key_builders.emplace_back(type);
  for (DataType type : rows_.columns()) row_builders.emplace_back(type);
  row_builders.emplace_back(kBigint);
  struct Page {
    uint64_t hash;
    uint32_t part;
    uint32_t rows;
  };
  std::vector<Page> pages;
  std::vector<Entry*> entries, row_entries, loaded;
  uint32_t row_count = 0;

  auto flush = [&]() -> absl::Status {
    std::vector<Column> key_cells, row_cells;
    for (ColumnBuilder& builder : key_builders) key_cells.push_back(builder.Finish());
    for (ColumnBuilder& builder : row_builders) row_cells.push_back(builder.Finish());
    BufferRef weights = row_cells.back().values_buffer();
    row_cells.pop_back();
    DeltaBatch key_batch(static_cast<uint32_t>(pages.size()), std::move(key_cells));
    DeltaBatch row_batch(row_count, std::move(row_cells), std::move(weights));
    if (stored_hashes == StoredHashes::kTrusted) {
      BufferRef hashes = BufferRef::Of<uint64_t>(pages.size());
      for (size_t i = 0; i < pages.size(); ++i) hashes.mutable_as<uint64_t>()[i] = pages[i].hash;
      key_batch.SetHashes(key_columns, std::move(hashes));
    }
    keys.Assign(key_batch);
    if (keys.size() != pages.size())
      return absl::DataLossError(StrCat("state ", id.node, "/", id.slot, " has a key with an ERROR cell"));
    entries.resize(pages.size());
    table.FindOrInsert(keys, entries.data());
    row_entries.clear();
    for (uint32_t i = 0; i < pages.size(); ++i) {
      if (entries[i]->hash != pages[i].hash) {
        return absl::DataLossError(StrCat("state ", id.node, "/", id.slot, " was written with another hash seed"));
      }
      table.MarkStored(entries[i], pages[i].part);
      if (loaded.empty() || loaded.back() != entries[i]) loaded.push_back(entries[i]);
      row_entries.insert(row_entries.end(), pages[i].rows, entries[i]);
    }
    rows_.Stage(row_batch, row_columns, nullptr, row_count, &staging_);
    for (uint32_t i = 0; i < row_count; ++i) {
      AddStaged(table.pool(), row_entries[i]->At<Slot>(offset_), rows_.Staged(staging_, i), row_batch.WeightAt(i));
    }
    // The page that ends a batch tells how many its entry has so far.
    for (uint32_t i = 0; i < pages.size(); ++i) {
      Slot& slot = entries[i]->At<Slot>(offset_);
      if (!slot.IsBig()) continue;
      BigRelation* big = BigOf(slot);
      uint32_t stored = pages[i].part / kPartsPerPage + 1;
      if (stored == big->page_count()) {
        big->SetStored(stored);
      } else {
        big->SetStoredOtherwise(stored);
      }
    }
    pages.clear();
    row_count = 0;
    return absl::OkStatus();
  };

  RETURN_IF_ERROR(reader.Load(id, vnode, [&](uint64_t hash, uint32_t part, std::string_view value) -> absl::Status {
    RETURN_IF_ERROR(DecodeRow(&value, key_builders));
    uint32_t rows = 0;
    for (; !value.empty(); ++rows) RETURN_IF_ERROR(DecodeRow(&value, row_builders));
    pages.push_back({hash, part, rows});
    row_count += rows;
    return row_count >= kGroupRows ? flush() : absl::OkStatus();
  }));
  return flush();
}

}  // namespace freshet
