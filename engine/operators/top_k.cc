// Each group is cut into the rows that are skipped, those that are given, and those behind them. A change goes to the
// part in whose range it lies; at seal rows move over the cuts until each part has its number. What the given part
// gained and lost on the way, summed up, is the change to emit.
//
// Inside an epoch a row may be retracted before it is inserted: its negative weight waits in the part that the row will
// go to, since the last row of a part never gets larger before the seal. A row that moves is added before it is
// removed, which may free it.
#include "engine/operators/top_k.h"

#include <algorithm>
#include <limits>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/operators/column_types.h"

namespace freshet {
TopK::TopK(Options options)
    : options_(std::move(options)),
      codec_(options_.input_types, options_.order),
      given_(options_.skip > 0 ? 1 : 0),
      keys_(options_.group, TypesOf(options_.input_types, options_.group), options_.hash_seed, NullKeys::kGroup) {
  EntryLayout layout(TypesOf(options_.input_types, options_.group));
  touched_bit_ = layout.AddBit();
  changes_offset_ = layout.AddSlot(sizeof(OrderedRows::Group));
  if (options_.skip > 0) parts_.push_back({OrderedRows(layout), options_.skip});
  parts_.push_back({OrderedRows(layout), options_.limit});
  if (!options_.append_only) parts_.push_back({OrderedRows(layout), std::numeric_limits<int64_t>::max()});
  table_ = std::make_unique<KeyTable>(std::move(layout));
}

// --- Rows in ---

Progress TopK::Push(PortIndex, const DeltaBatch& batch, Output&) {
  keys_.Assign(batch);
  if (options_.errors != nullptr) {
    for (uint32_t row : keys_.error_rows()) {
      options_.errors->Count(keys_.ErrorOf(row), batch.WeightAt(row), batch, row);
    }
  }
  entries_.resize(std::max<size_t>(entries_.size(), keys_.size()));
  table_->FindOrInsert(keys_, entries_.data());
  for (uint32_t i = 0; i < keys_.size(); ++i) {
    Entry* entry = entries_[i];
    const uint32_t row = keys_.RowAt(i);
    bytes_.clear();
    codec_.Append(batch, row, &bytes_);
    const StringCell cell{std::string_view(bytes_)};
    if (options_.append_only && IsPastTheLast(entry, cell)) continue;
    if (touched_bit_.Mark(entry)) {
      touched_.Add(entry);
      table_->MarkDirty(entry);
    }
    AddRow(entry, cell, batch.WeightAt(row));
    if (options_.append_only) Balance(entry);
  }
  return Progress::kDone;
}

bool TopK::IsPastTheLast(const Entry* entry, const StringCell& row) const {
  const Part& given = parts_[given_];
  return given.rows.Total(entry) >= given.capacity && row >= given.rows.GroupOf(entry).Last();
}

void TopK::AddRow(Entry* entry, const StringCell& row, int64_t weight) {
  size_t part = 0;
  while (part + 1 < parts_.size()) {
    const OrderedRows& rows = parts_[part].rows;
    if (!rows.IsEmpty(entry) && row <= rows.GroupOf(entry).Last()) break;
    ++part;
  }
  AddTo(part, entry, row, weight);
}

void TopK::AddTo(size_t part, Entry* entry, const StringCell& row, int64_t weight) {
  // Last, since it may free the row.
  if (part == given_) entry->At<OrderedRows::Group>(changes_offset_).Add(row, weight, table_->pool());
  parts_[part].rows.Add(entry, row, weight, table_->pool());
}

void TopK::Balance(Entry* entry) {
  for (size_t part = 0; part < parts_.size(); ++part) {
    GiveSurplus(part, entry);
    FillUp(part, entry);
  }
}

// A row over the cut may have lost more than the part had of it: the rest of that is taken from what lies behind the
// cut.
void TopK::GiveSurplus(size_t part, Entry* entry) {
  const Part& from = parts_[part];
  const bool is_last = part + 1 == parts_.size();
  while (!from.rows.IsEmpty(entry)) {
    const OrderedRows::Group& group = from.rows.GroupOf(entry);
    const int64_t total = from.rows.Total(entry);
    const int64_t surplus = total > from.capacity ? total - from.capacity : 0;
    if (surplus <= 0 && (is_last || group.LastWeight() > 0)) return;
    const StringCell row = group.Last();
    const int64_t weight = surplus > 0 ? std::min(group.LastWeight(), surplus) : group.LastWeight();
    if (!is_last) AddTo(part + 1, entry, row, weight);
    AddTo(part, entry, row, -weight);
  }
}

void TopK::FillUp(size_t part, Entry* entry) {
  const Part& to = parts_[part];
  size_t next = part + 1;
  while (next < parts_.size() && to.rows.Total(entry) < to.capacity) {
    if (parts_[next].rows.IsEmpty(entry)) {
      ++next;
      continue;
    }
    const OrderedRows::Group& group = parts_[next].rows.GroupOf(entry);
    const StringCell row = group.First();
    // A part of no bound may have a negative total for a while.
    int64_t room;
    if (__builtin_sub_overflow(to.capacity, to.rows.Total(entry), &room)) room = std::numeric_limits<int64_t>::max();
    const int64_t weight = std::min(group.FirstWeight(), room);
    AddTo(part, entry, row, weight);
    AddTo(next, entry, row, -weight);
  }
}

// --- Changes out ---

Progress TopK::EmitTouched(Output& out) {
  while (sealed_ < touched_.size()) {
    if (out.full()) return Progress::kMore;
    out.Emit(TakeChanges(std::min<size_t>(kBatchRows, out.room())));
  }
  touched_.Clear();
  sealed_ = 0;
  return Progress::kDone;
}

DeltaBatch TopK::TakeChanges(size_t limit) {
  std::vector<ColumnBuilder> builders;
  for (DataType type : options_.input_types) builders.emplace_back(type);
  std::vector<int64_t> weights;
  while (sealed_ < touched_.size() && weights.size() < limit) {
    Entry* entry = touched_[sealed_];
    Balance(entry);
    auto& changes = entry->At<OrderedRows::Group>(changes_offset_);
    while (!changes.empty() && weights.size() < limit) {
      const StringCell row = changes.First();
      const int64_t weight = changes.FirstWeight();
      codec_.Read(row.view(), builders);
      weights.push_back(weight);
      changes.Add(row, -weight, table_->pool());
    }
    if (!changes.empty()) break;
    Finish(entry);
    ++sealed_;
  }
  std::vector<Column> columns;
  for (ColumnBuilder& builder : builders) columns.push_back(builder.Finish());
  BufferRef buffer = BufferRef::Of<int64_t>(weights.size());
  std::ranges::copy(weights, buffer.mutable_as<int64_t>());
  return DeltaBatch(static_cast<uint32_t>(weights.size()), std::move(columns), std::move(buffer));
}

void TopK::Finish(Entry* entry) {
  touched_bit_.Clear(entry);
  const bool empty = std::ranges::all_of(parts_, [&](const Part& part) { return part.rows.IsEmpty(entry); });
  if (empty) table_->Retire(entry);
}

// --- State ---

StateId TopK::PiecesId(size_t part) const { return {options_.node, StrCat("rows/part ", part)}; }

void TopK::SaveDirty(StateWriter& writer) {
  table_->DrainDirty([&](std::span<Entry* const> live, std::span<Entry* const> retired) {
    SaveEntries(*table_, live, retired, {options_.node, "rows"}, writer, [&](const Entry* entry, std::string* out) {
      for (const Part& part : parts_) part.rows.Save(entry, out);
    });
    for (size_t i = 0; i < parts_.size(); ++i) {
      const StateId id = PiecesId(i);
      PieceWriter pieces(*table_, id, writer);
      for (std::span<Entry* const> entries : {live, retired}) {
        for (Entry* entry : entries) parts_[i].rows.SavePieces(entry, pieces);
      }
    }
  });
}

// All rows go to the last part; which part they belong to follows from their order.
absl::Status TopK::Load(StateReader& reader, VnodeId vnode) {
  std::vector<Entry*> loaded;
  auto taker = [&](Entry* entry) {
    return [this, entry](const StringCell& row, int64_t weight) { AddTo(parts_.size() - 1, entry, row, weight); };
  };
  const StateId id{options_.node, "rows"};
  RETURN_IF_ERROR(LoadEntries(*table_, options_.hash_seed, id, vnode, reader,
                              [&](Entry* entry, uint32_t piece, std::string_view bytes) {
                                loaded.push_back(entry);
                                for (Part& part : parts_) {
                                  if (!part.rows.Load(&bytes, entry, taker(entry))) return false;
                                }
                                return bytes.empty() && piece == 0;
                              }));
  for (size_t i = 0; i < parts_.size(); ++i) {
    OrderedRows& rows = parts_[i].rows;
    RETURN_IF_ERROR(LoadEntries(*table_, options_.hash_seed, PiecesId(i), vnode, reader,
                                [&](Entry* entry, uint32_t piece, std::string_view bytes) {
                                  return rows.LoadPiece(bytes, piece, entry, taker(entry));
                                }));
    if (!rows.EndLoad()) return absl::DataLossError(StrCat("state ", id.node, "/", id.slot, " is not complete"));
  }
  for (Entry* entry : loaded) {
    Balance(entry);
    entry->At<OrderedRows::Group>(changes_offset_).Clear(table_->pool());
  }
  return absl::OkStatus();
}

}  // namespace freshet
