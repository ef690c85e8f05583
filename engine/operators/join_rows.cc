#include "engine/operators/join_rows.h"

#include <algorithm>

namespace freshet {

std::vector<DataType> JoinRows::KeyTypes(const JoinSide& left, const JoinSide& right) {
  CHECK_EQ(left.key.size(), right.key.size());
  std::vector<DataType> types;
  for (size_t i = 0; i < left.key.size(); ++i) {
    const DataType a = left.types[left.key[i].value()], b = right.types[right.key[i].value()];
    CHECK(a.kind == b.kind) << "join of " << a << " with " << b;
    types.push_back(a == b ? a : DataType{a.kind});
  }
  return types;
}

// A key cell that the entry gives back as it came needs no second place in the row. The entry has the form of the row
// that came first, of either side: so it does only where both sides have exactly the same type.
std::vector<JoinRows::Place> JoinRows::PlacesOf(const JoinSide& side, const JoinSide& other, Cells cells) {
  std::vector<Place> places;
  if (cells == Cells::kDropped) return places;
  uint32_t stored = 0;
  for (uint32_t column = 0; column < side.types.size(); ++column) {
    const auto key = std::ranges::find(side.key, ColumnIndex(column));
    const uint32_t ordinal = static_cast<uint32_t>(key - side.key.begin());
    const bool in_key = key != side.key.end() && KeepsKeyForm(side.types[column]) &&
                        other.types[other.key[ordinal].value()] == side.types[column];
    places.push_back(in_key ? Place{true, ordinal} : Place{false, stored++});
  }
  return places;
}

JoinRows::JoinRows(EntryLayout& layout, const JoinSide& side, const JoinSide& other, Cells cells, StateId id,
                   uint64_t hash_seed)
    : id_(std::move(id)),
      hash_seed_(hash_seed),
      places_(PlacesOf(side, other, cells)),
      slot_(layout, StoredTypes(side)),
      keys_(side.key, KeyTypes(side, other), hash_seed, NullKeys::kSkip) {}

// Also fills stored_.
std::vector<DataType> JoinRows::StoredTypes(const JoinSide& side) {
  std::vector<DataType> types;
  for (uint32_t column = 0; column < places_.size(); ++column) {
    if (places_[column].in_key) continue;
    stored_.push_back(ColumnIndex(column));
    types.push_back(side.types[column]);
  }
  return types;
}

void JoinRows::Add(KeyTable& table, const DeltaBatch& batch, const uint32_t* rows, std::span<Entry* const> entries,
                   int64_t factor) {
  slot_.Add(table, batch, stored_, rows, entries, factor);
}

void JoinRows::AppendColumns(std::span<const StoredRow* const> rows, std::span<const Column> key_columns,
                             std::vector<Column>* columns) const {
  for (const Place& place : places_) {
    columns->push_back(place.in_key ? key_columns[place.ordinal] : slot_.Gather(place.ordinal, rows));
  }
}

void JoinRows::AppendColumns(const KeyTable& table, std::span<const StoredRow* const> rows,
                             std::span<const Entry* const> entries, std::vector<Column>* columns) const {
  for (const Place& place : places_) {
    columns->push_back(place.in_key ? table.GatherKey(place.ordinal, entries) : slot_.Gather(place.ordinal, rows));
  }
}

void JoinRows::Save(KeyTable& table, std::span<Entry* const> live, std::span<Entry* const> retired,
                    StateWriter& writer) {
  slot_.Save(table, live, retired, id_, writer);
}

absl::Status JoinRows::Load(KeyTable& table, StateReader& reader, VnodeId vnode) {
  return slot_.Load(table, hash_seed_, id_, vnode, reader);
}

}  // namespace freshet
