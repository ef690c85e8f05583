#include "engine/state/entry_store.h"

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/row_codec.h"

namespace freshet {
namespace {

constexpr size_t kGroup = 1024;  // entries read at a time
constexpr uint32_t kPartsPerPiece = 256;

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

// Collects stored values, so that their keys are found by batches.
class EntryLoader {
 public:
  EntryLoader(KeyTable& table, uint64_t seed, const StateId& id,
              const std::function<bool(Entry*, uint32_t, std::string_view)>& take)
      : table_(table),
        id_(id),
        take_(take),
        types_(KeyTypes(table.layout())),
        keys_(FirstColumns(types_.size()), types_, seed, NullKeys::kGroup) {
    for (DataType type : types_) builders_.emplace_back(type);
  }

  absl::Status Add(uint64_t hash, uint32_t part, std::string_view value) {
    RETURN_IF_ERROR(DecodeRow(&value, builders_));
    stored_.push_back({hash, part, bytes_.size(), value.size()});
    bytes_.append(value);
    return stored_.size() == kGroup ? Flush() : absl::OkStatus();
  }

  absl::Status Flush() {
    std::vector<Column> cells;
    for (ColumnBuilder& builder : builders_) cells.push_back(builder.Finish());
    DeltaBatch batch(static_cast<uint32_t>(stored_.size()), std::move(cells));
    keys_.Assign(batch);
    if (keys_.size() != stored_.size()) return Broken("has a key with an ERROR cell");
    entries_.resize(stored_.size());
    table_.FindOrInsert(keys_, entries_.data());
    for (size_t i = 0; i < stored_.size(); ++i) {
      const Stored& stored = stored_[i];
      if (entries_[i]->hash != stored.hash) return Broken("was written with another hash seed");
      table_.MarkStored(entries_[i], stored.part);
      if (!take_(entries_[i], stored.part / kPartsPerPiece,
                 std::string_view(bytes_).substr(stored.begin, stored.size))) {
        return Broken("has a value that cannot be read");
      }
    }
    stored_.clear();
    bytes_.clear();
    return absl::OkStatus();
  }

 private:
  struct Stored {
    uint64_t hash;
    uint32_t part;
    size_t begin;
    size_t size;
  };

  absl::Status Broken(std::string_view what) const {
    return absl::DataLossError(StrCat("state ", id_.node, "/", id_.slot, " ", what));
  }

  KeyTable& table_;
  const StateId& id_;
  const std::function<bool(Entry*, uint32_t, std::string_view)>& take_;
  std::vector<DataType> types_;
  KeyBatch keys_;
  std::vector<ColumnBuilder> builders_;
  std::vector<Stored> stored_;
  std::string bytes_;
  std::vector<Entry*> entries_;
};

}  // namespace

void SaveEntries(const KeyTable& table, std::span<Entry* const> live, std::span<Entry* const> retired,
                 const StateId& id, StateWriter& writer,
                 const std::function<void(const Entry*, std::string*)>& append) {
  KeyColumns columns = FirstColumns(table.layout().key().size());
  std::vector<Column> cells;
  for (uint32_t i = 0; i < columns.size(); ++i) cells.push_back(table.GatherKey(i, live));
  DeltaBatch keys(static_cast<uint32_t>(live.size()), std::move(cells));
  std::string value;
  for (uint32_t i = 0; i < live.size(); ++i) {
    value.clear();
    EncodeRow(keys, columns, i, &value);
    append(live[i], &value);
    writer.Put(id, VnodeOf(live[i]->hash), live[i]->hash, KeyTable::PartOf(live[i]), value);
  }
  for (const Entry* entry : retired) writer.Delete(id, VnodeOf(entry->hash), entry->hash, KeyTable::PartOf(entry));
}

void PieceWriter::Put(const Entry* entry, uint32_t piece, std::string_view bytes) {
  if (entry != entry_) {
    const KeyColumns columns = FirstColumns(table_.layout().key().size());
    std::vector<Column> cells;
    for (uint32_t i = 0; i < columns.size(); ++i) cells.push_back(table_.GatherKey(i, {&entry, 1}));
    value_.clear();
    EncodeRow(DeltaBatch(1, std::move(cells)), columns, 0, &value_);
    key_bytes_ = value_.size();
    entry_ = entry;
  }
  value_.resize(key_bytes_);
  value_.append(bytes);
  writer_.Put(id_, VnodeOf(entry->hash), entry->hash, KeyTable::PartOf(entry) + piece * kPartsPerPiece, value_);
}

void PieceWriter::Delete(const Entry* entry, uint32_t piece) {
  writer_.Delete(id_, VnodeOf(entry->hash), entry->hash, KeyTable::PartOf(entry) + piece * kPartsPerPiece);
}

absl::Status LoadEntries(KeyTable& table, uint64_t seed, const StateId& id, VnodeId vnode, StateReader& reader,
                         const std::function<bool(Entry*, uint32_t, std::string_view)>& take) {
  EntryLoader loader(table, seed, id, take);
  RETURN_IF_ERROR(reader.Load(
      id, vnode, [&](uint64_t hash, uint32_t part, std::string_view value) { return loader.Add(hash, part, value); }));
  return loader.Flush();
}

}  // namespace freshet
