#include "engine/operators/ordered_rows.h"

#include "engine/functions/aggregate/state_bytes.h"

namespace freshet {
namespace {

using Ops = OrderedValueOps<StringCell>;

void Put(const StringCell& row, int64_t weight, std::string* out) {
  Ops::Put(row, out);
  PutFixed(weight, out);
}

bool Take(std::string_view* bytes, StringCell* row, int64_t* weight) {
  return Ops::Take(bytes, row) && TakeFixed(bytes, weight);
}

}  // namespace

void OrderedRows::Add(Entry* entry, const StringCell& row, int64_t weight, BlockPool& pool) {
  Group& group = MutableGroupOf(entry);
  entry->At<int64_t>(total_offset_) += weight;
  const bool last = group.in_pieces() && group.size() == 1 && group.FirstWeight() + weight == 0 && group.First() == row;
  if (!last) return group.Add(row, weight, pool);
  group.ForEachStoredPiece([&](uint32_t piece) { gone_pieces_[entry].push_back(piece); });
  group.Clear(pool);
}

void OrderedRows::Save(const Entry* entry, std::string* out) const {
  const Group& group = GroupOf(entry);
  if (group.in_pieces()) {
    PutFixed(kInPieces, out);
    return PutFixed(Total(entry), out);
  }
  PutFixed(group.size(), out);
  group.ForEach([&](const StringCell& row, int64_t weight) { Put(row, weight, out); });
}

void OrderedRows::SavePieces(Entry* entry, PieceWriter& writer) {
  if (auto gone = gone_pieces_.find(entry); gone != gone_pieces_.end()) {
    for (uint32_t piece : gone->second) writer.Delete(entry, piece);
    gone_pieces_.erase(gone);
  }
  Group& group = MutableGroupOf(entry);
  if (!group.in_pieces()) return;
  auto put = [&](uint32_t piece, auto for_each) {
    bytes_.clear();
    for_each([&](const StringCell& row, int64_t weight) { Put(row, weight, &bytes_); });
    writer.Put(entry, piece, bytes_);
  };
  group.TakePieces(put, [&](uint32_t piece) { writer.Delete(entry, piece); });
}

bool OrderedRows::Load(std::string_view* bytes, const Entry* entry, const TakeRow& take) {
  uint64_t rows = 0;
  int64_t weight = 0;
  if (!TakeFixed(bytes, &rows)) return false;
  if (rows == kInPieces) {
    if (!TakeFixed(bytes, &weight)) return false;
    missing_[entry] = weight;
    return true;
  }
  StringCell row;
  for (uint64_t i = 0; i < rows; ++i) {
    if (!Take(bytes, &row, &weight)) return false;
    take(row, weight);
  }
  return true;
}

bool OrderedRows::LoadPiece(std::string_view bytes, uint32_t piece, const Entry* entry, const TakeRow& take) {
  auto missing = missing_.find(entry);
  if (missing == missing_.end()) return false;
  gone_pieces_[entry].push_back(piece);
  StringCell row;
  int64_t weight = 0;
  while (!bytes.empty()) {
    if (!Take(&bytes, &row, &weight)) return false;
    missing->second -= weight;
    take(row, weight);
  }
  return true;
}

bool OrderedRows::EndLoad() {
  bool whole = true;
  for (const auto& [entry, weight] : missing_) whole &= weight == 0;
  missing_.clear();
  return whole;
}

}  // namespace freshet
