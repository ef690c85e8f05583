#include "engine/operators/keyed_rows.h"

#include <algorithm>

#include "engine/operators/column_types.h"

namespace freshet {

// A key cell that the entry gives back as it came needs no second place in the row.
std::vector<KeyedRows::Place> KeyedRows::PlacesOf(const KeyedInput& input, std::span<const DataType> key_types,
                                                  Cells cells) {
  std::vector<Place> places;
  if (cells == Cells::kDropped) return places;
  uint32_t stored = 0;
  for (uint32_t column = 0; column < input.types.size(); ++column) {
    const auto key = std::ranges::find(input.key, ColumnIndex(column));
    const uint32_t ordinal = static_cast<uint32_t>(key - input.key.begin());
    const DataType type = input.types[column];
    const bool in_key = key != input.key.end() && KeepsKeyForm(type) && key_types[ordinal] == type;
    places.push_back(in_key ? Place{true, ordinal} : Place{false, stored++});
  }
  return places;
}

KeyColumns KeyedRows::StoredColumns(std::span<const Place> places) {
  KeyColumns columns;
  for (uint32_t column = 0; column < places.size(); ++column) {
    if (!places[column].in_key) columns.push_back(ColumnIndex(column));
  }
  return columns;
}

KeyedRows::KeyedRows(EntryLayout& layout, const KeyedInput& input, std::vector<DataType> key_types, Cells cells,
                     StateId id, uint64_t hash_seed, NullKeys null_keys)
    : id_(std::move(id)),
      hash_seed_(hash_seed),
      places_(PlacesOf(input, key_types, cells)),
      stored_(StoredColumns(places_)),
      slot_(layout, TypesOf(input.types, stored_)),
      keys_(input.key, std::move(key_types), hash_seed, null_keys) {}

void KeyedRows::Add(KeyTable& table, const DeltaBatch& batch, const uint32_t* rows, std::span<Entry* const> entries,
                    int64_t factor) {
  slot_.Add(table, batch, stored_, rows, entries, factor);
}

void KeyedRows::AppendColumns(std::span<const StoredRow* const> rows, std::span<const Column> key_columns,
                              std::vector<Column>* columns) const {
  for (const Place& place : places_) {
    columns->push_back(place.in_key ? key_columns[place.ordinal] : slot_.Gather(place.ordinal, rows));
  }
}

void KeyedRows::AppendColumns(const KeyTable& table, std::span<const StoredRow* const> rows,
                              std::span<const Entry* const> entries, std::vector<Column>* columns) const {
  for (const Place& place : places_) {
    columns->push_back(place.in_key ? table.GatherKey(place.ordinal, entries) : slot_.Gather(place.ordinal, rows));
  }
}

void KeyedRows::Save(KeyTable& table, std::span<Entry* const> live, std::span<Entry* const> retired,
                     StateWriter& writer) {
  slot_.Save(table, live, retired, id_, writer);
}

absl::Status KeyedRows::Load(KeyTable& table, StateReader& reader, VnodeId vnode) {
  return slot_.Load(table, hash_seed_, id_, vnode, reader);
}

}  // namespace freshet
