// Keeps, under each key of a KeyTable, rows in order, with their weights: a part of what top_k knows of a group. A row
// is the bytes that an OrderedRowCodec makes of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/functions/aggregate/ordered_value.h"
#include "engine/state/entry_layout.h"
#include "engine/state/entry_store.h"
#include "engine/state/ordered_group.h"

namespace freshet {

class OrderedRows {
 public:
  using Group = OrderedGroup<StringCell, OrderedValueOps<StringCell>>;

  // Call before the table takes the layout.
  explicit OrderedRows(EntryLayout& layout)
      : offset_(layout.AddSlot(sizeof(Group))), total_offset_(layout.AddSlot(sizeof(int64_t))) {}

  bool IsEmpty(const Entry* entry) const { return GroupOf(entry).empty(); }
  // The sum of the rows' weights.
  int64_t Total(const Entry* entry) const { return entry->At<int64_t>(total_offset_); }
  const Group& GroupOf(const Entry* entry) const { return entry->At<Group>(offset_); }

  // Adds to the weight of a row; at 0 it is gone.
  void Add(Entry* entry, const StringCell& row, int64_t weight, BlockPool& pool);

  // --- State: many rows are saved in pieces, which stand beside what Save writes ---

  void Save(const Entry* entry, std::string* out) const;
  void SavePieces(Entry* entry, PieceWriter& writer);

  // Rows that were saved go to the owner, which may put them elsewhere. false: the bytes are broken.
  using TakeRow = std::function<void(const StringCell& row, int64_t weight)>;
  bool Load(std::string_view* bytes, const Entry* entry, const TakeRow& take);
  bool LoadPiece(std::string_view bytes, uint32_t piece, const Entry* entry, const TakeRow& take);
  // false: a piece is missing.
  bool EndLoad();

 private:
  static constexpr uint64_t kInPieces = UINT64_MAX;

  Group& MutableGroupOf(Entry* entry) const { return entry->At<Group>(offset_); }

  uint32_t offset_;
  uint32_t total_offset_;
  // Pieces that the store has and no group knows: of groups that became small, and of loaded ones, whose leaves come
  // out differently.
  std::unordered_map<const Entry*, std::vector<uint32_t>> gone_pieces_;
  // Of the groups in pieces that are being loaded: the weight that has not come yet.
  std::unordered_map<const Entry*, int64_t> missing_;
  std::string bytes_;
};

}  // namespace freshet
