#include "engine/views/view_store.h"

#include <algorithm>
#include <numeric>

#include "engine/base/check.h"
#include "engine/columnar/row_codec.h"

namespace freshet {
namespace {

constexpr DataType kBigint{TypeKind::kBigint};

std::vector<DataType> TypesOf(const Schema& schema) {
  std::vector<DataType> types;
  types.reserve(schema.size());
  for (const Field& field : schema) types.push_back(field.type);
  return types;
}

// A batch whose one column are the hashes, and whose hashes are they themselves.
DeltaBatch HashesAsKeys(const BufferRef& hashes, uint32_t size) {
  DeltaBatch keys(size, {Column(kBigint, size, hashes)});
  keys.SetHashes({ColumnIndex(0)}, hashes);
  return keys;
}

KeyColumns AllColumns(const Schema& schema) {
  KeyColumns columns(schema.size());
  for (uint32_t i = 0; i < columns.size(); ++i) columns[i] = ColumnIndex(i);
  return columns;
}

}  // namespace

// The table's key is the hash of the key columns, not the cells: rows with ERROR in the key must be kept too, and cells
// must come back in the form in which they went in. Rows of colliding keys share an entry; readers compare.
ViewStore::ViewStore(Options options) : ViewStore(std::move(options), EntryLayout({kBigint})) {}

ViewStore::ViewStore(Options options, EntryLayout layout)
    : options_([&] {
        if (options.key.empty()) options.key = AllColumns(options.schema);
        return std::move(options);
      }()),
      rows_(layout, TypesOf(options_.schema)),
      versions_offset_(layout.AddSlot(sizeof(Version*))),
      touched_(layout.AddBit()),
      table_(std::move(layout)),
      key_batch_({ColumnIndex(0)}, {kBigint}, options_.hash_seed, NullKeys::kGroup),
      all_columns_(AllColumns(options_.schema)) {}

ViewStore::~ViewStore() = default;

void ViewStore::Apply(const DeltaBatch& batch) {
  if (batch.empty()) return;
  changed_ = true;
  DeltaBatch keys = HashesAsKeys(HashKeys(batch, options_.key, options_.hash_seed), batch.size());
  key_batch_.Assign(keys);
  entries_.resize(batch.size());
  table_.FindOrInsert(key_batch_, entries_.data());
  for (Entry* entry : entries_) {
    if (!touched_.Mark(entry)) continue;
    touched_list_.Add(entry);
    if (visible_) PutAside(entry);
  }
  rows_.Add(table_, batch, all_columns_, nullptr, entries_);
  if (const int64_t* weights = batch.weights()) {
    running_rows_ += std::accumulate(weights, weights + batch.size(), int64_t{0});
  } else {
    running_rows_ += batch.size();
  }
}

void ViewStore::PutAside(Entry* entry) {
  uint32_t count = rows_.RowCount(entry);
  auto* version = new (table_.pool().Allocate(VersionBytes(count))) Version;
  Version*& newest = entry->At<Version*>(versions_offset_);
  version->older = newest;
  version->entry = entry;
  version->until = kPending;
  version->count = count;
  version_bytes_ += VersionBytes(count);
  const RowLayout& layout = rows_.row_layout();
  char* to = version->rows();
  for (uint32_t position = 0; position < count;) {
    StoredRowRun run = rows_.RowsFrom(entry, position);
    for (uint32_t i = 0; i < run.count; ++i, to += layout.row_bytes()) {
      auto* row = reinterpret_cast<StoredRow*>(to);
      layout.Own(run.Row(i), run.Row(i)->weight(), row, table_.pool());
    }
    position += run.count;
  }
  newest = version;
}

void ViewStore::Commit(const Commitment& commitment) {
  Epoch before = committed_;
  committed_ = commitment.epoch;
  for (size_t i = 0; i < touched_list_.size(); ++i) {
    Entry* entry = touched_list_[i];
    touched_.Clear(entry);
    Version* version = entry->At<Version*>(versions_offset_);
    if (version != nullptr && version->until == kPending) {
      version->until = committed_;
      // What `before` showed is needed by readers that have not heard of this commit: SetOldestNeeded lets it go.
      if (IsNeeded(*version)) {
        recent_.push_back(version);
      } else {
        Free(version);
      }
    }
    RetireIfEmpty(entry);
  }
  touched_list_.Clear();
  committed_rows_ = static_cast<uint64_t>(std::max<int64_t>(running_rows_, 0));
  if (changed_) last_changed_ = committed_;
  changed_ = false;
  if (commitment.load_complete && !visible_) {
    visible_ = true;
    last_changed_ = committed_;
    oldest_needed_ = committed_;
  }
  CHECK(before < committed_) << "epochs of commits must grow: " << before << " then " << committed_;
}

bool ViewStore::Pin(Epoch epoch) {
  if (!visible_ || epoch > committed_) return false;
  auto pin = pins_.find(epoch);
  if (pin == pins_.end() && epoch < oldest_needed_) return false;
  ++pins_[epoch];
  return true;
}

void ViewStore::Unpin(Epoch epoch) {
  auto pin = pins_.find(epoch);
  CHECK(pin != pins_.end()) << "epoch " << epoch << " is not pinned";
  if (--pin->second > 0) return;
  pins_.erase(pin);
  std::erase_if(pinned_, [&](Version* version) {
    if (IsNeeded(*version)) return false;
    Entry* entry = version->entry;
    Free(version);
    RetireIfEmpty(entry);
    return true;
  });
}

void ViewStore::SetOldestNeeded(Epoch epoch) {
  if (epoch > committed_) epoch = committed_;
  if (epoch <= oldest_needed_) return;
  oldest_needed_ = epoch;
  while (!recent_.empty() && recent_.front()->until <= oldest_needed_) {
    Version* version = recent_.front();
    recent_.pop_front();
    if (IsNeeded(*version)) {
      pinned_.push_back(version);
      continue;
    }
    Entry* entry = version->entry;
    Free(version);
    RetireIfEmpty(entry);
  }
}

bool ViewStore::IsNeeded(const Version& version) const {
  if (version.until > oldest_needed_) return true;
  Epoch from = version.older == nullptr ? Epoch() : version.older->until;
  auto pin = pins_.lower_bound(from);
  return pin != pins_.end() && pin->first < version.until;
}

void ViewStore::RetireIfEmpty(Entry* entry) {
  if (rows_.IsEmpty(entry) && entry->At<Version*>(versions_offset_) == nullptr && !touched_.Get(entry)) {
    table_.Retire(entry);
  }
}

size_t ViewStore::VersionBytes(uint32_t count) const {
  return sizeof(Version) + static_cast<size_t>(count) * rows_.row_layout().row_bytes();
}

void ViewStore::Free(Version* version) {
  Version** link = &version->entry->At<Version*>(versions_offset_);
  while (*link != version) link = &(*link)->older;
  *link = version->older;
  const RowLayout& layout = rows_.row_layout();
  for (uint32_t i = 0; i < version->count; ++i) {
    layout.Disown(reinterpret_cast<StoredRow*>(version->rows() + static_cast<size_t>(i) * layout.row_bytes()),
                  table_.pool());
  }
  version_bytes_ -= VersionBytes(version->count);
  table_.pool().Free(version, VersionBytes(version->count));
}

void ViewStore::AppendRows(const Entry* entry, Epoch epoch, std::vector<const StoredRow*>* rows) const {
  Version* found = nullptr;
  for (Version* version = entry->At<Version*>(versions_offset_); version != nullptr && version->until > epoch;
       version = version->older) {
    found = version;
  }
  if (found != nullptr) {
    for (uint32_t i = 0; i < found->count; ++i) {
      rows->push_back(
          reinterpret_cast<const StoredRow*>(found->rows() + static_cast<size_t>(i) * rows_.row_layout().row_bytes()));
    }
    return;
  }
  for (uint32_t position = 0; position < rows_.RowCount(entry);) {
    StoredRowRun run = rows_.RowsFrom(entry, position);
    for (uint32_t i = 0; i < run.count; ++i) rows->push_back(run.Row(i));
    position += run.count;
  }
}

// A value is all rows of a key: their cells and, as a last cell, their weight. The table's key is the key's hash, so
// that no two entries have the same one and the part is always 0.
void ViewStore::SaveDirty(const StateId& id, StateWriter& writer) {
  std::vector<const StoredRow*> rows;
  std::string value;
  table_.DrainDirty([&](std::span<Entry* const> live, std::span<Entry* const> retired) {
    for (const Entry* entry : live) {
      rows.clear();
      for (StoredRowRun run = rows_.IsEmpty(entry) ? StoredRowRun() : rows_.RowsFrom(entry, 0); run.count > 0;
           run = rows.size() < rows_.RowCount(entry) ? rows_.RowsFrom(entry, static_cast<uint32_t>(rows.size()))
                                                     : StoredRowRun()) {
        for (uint32_t i = 0; i < run.count; ++i) rows.push_back(run.Row(i));
      }
      if (rows.empty()) {
        writer.Delete(id, VnodeOf(entry->hash), entry->hash, 0);
        continue;
      }
      DeltaBatch batch = GatherRows(rows);
      std::vector<Column> cells = batch.columns();
      cells.emplace_back(kBigint, batch.size(), batch.weights_buffer());
      DeltaBatch weighted(batch.size(), std::move(cells));
      KeyColumns columns = all_columns_;
      columns.push_back(ColumnIndex(batch.column_count()));
      value.clear();
      for (uint32_t row = 0; row < batch.size(); ++row) EncodeRow(weighted, columns, row, &value);
      writer.Put(id, VnodeOf(entry->hash), entry->hash, 0, value);
    }
    for (const Entry* entry : retired) writer.Delete(id, VnodeOf(entry->hash), entry->hash, 0);
  });
}

absl::Status ViewStore::Load(const StateId& id, VnodeId vnode, StateReader& reader) {
  std::vector<ColumnBuilder> builders;
  for (const Field& field : options_.schema) builders.emplace_back(field.type);
  builders.emplace_back(kBigint);
  auto flush = [&] {
    std::vector<Column> cells;
    for (ColumnBuilder& builder : builders) cells.push_back(builder.Finish());
    BufferRef weights = cells.back().values_buffer();
    uint32_t size = cells.back().size();
    cells.pop_back();
    Apply(DeltaBatch(size, std::move(cells), std::move(weights)));
  };
  RETURN_IF_ERROR(reader.Load(id, vnode, [&](uint64_t, uint32_t, std::string_view value) -> absl::Status {
    while (!value.empty()) RETURN_IF_ERROR(DecodeRow(&value, builders));
    if (builders.back().size() >= kBatchRows) flush();
    return absl::OkStatus();
  }));
  flush();
  // They stand in the store as they are.
  table_.DrainDirty([](std::span<Entry* const>, std::span<Entry* const>) {});
  for (size_t i = 0; i < touched_list_.size(); ++i) touched_.Clear(touched_list_[i]);
  touched_list_.Clear();
  changed_ = false;
  return absl::OkStatus();
}

const Entry* ViewStore::FindKey(const DeltaBatch& key) {
  KeyColumns columns(key.column_count());
  for (uint32_t i = 0; i < columns.size(); ++i) columns[i] = ColumnIndex(i);
  DeltaBatch keys = HashesAsKeys(HashKeys(key, columns, options_.hash_seed), 1);
  key_batch_.Assign(keys);
  Entry* entry = nullptr;
  table_.Find(key_batch_, &entry);
  return entry;
}

DeltaBatch ViewStore::GatherRows(std::span<const StoredRow* const> rows) const {
  auto size = static_cast<uint32_t>(rows.size());
  std::vector<Column> cells;
  cells.reserve(options_.schema.size());
  for (uint32_t i = 0; i < options_.schema.size(); ++i) cells.push_back(rows_.Gather(i, rows));
  BufferRef weights = BufferRef::Of<int64_t>(size);
  for (uint32_t i = 0; i < size; ++i) weights.mutable_as<int64_t>()[i] = rows[i]->weight();
  return DeltaBatch(size, std::move(cells), std::move(weights));
}

}  // namespace freshet
