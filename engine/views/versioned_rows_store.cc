// How the rows of a view's keys are written and read. A value is some rows of one key: for each its cells and, as a
// last cell, its weight. Few rows of a key are part 0; many are a part for each page, its number * 256.
#include "engine/base/check.h"
#include "engine/columnar/key_columns.h"
#include "engine/columnar/row_codec.h"
#include "engine/views/paged_rows.h"
#include "engine/views/versioned_rows.h"

namespace freshet {
namespace {

constexpr uint32_t kPartsPerPage = 256;
constexpr uint32_t kGroupRows = 4096;  // written at a time
constexpr DataType kBigint{TypeKind::kBigint};

// Collects parts and writes them in groups, so that cells are gathered by column.
class PartWriter {
 public:
  PartWriter(const VersionedRows& rows, const StateId& id, StateWriter& writer)
      : rows_(rows), id_(id), writer_(writer) {}

  VersionedRows::Seen* rows() { return &seen_; }
  // What was appended to rows() since the part before.
  void EndPart(const Entry* entry, uint32_t page) {
    parts_.push_back({entry, page * kPartsPerPage, seen_.rows.size()});
    if (seen_.rows.size() >= kGroupRows) Flush();
  }
  static void DeletePart(const StateId& id, StateWriter& writer, const Entry* entry, uint32_t page) {
    writer.Delete(id, VnodeOf(entry->hash), entry->hash, page * kPartsPerPage);
  }
  void Flush() {
    DeltaBatch batch = rows_.Gather(seen_.rows, seen_.weights);
    std::vector<Column> cells = batch.columns();
    cells.emplace_back(kBigint, batch.size(), batch.weights_buffer());
    DeltaBatch weighted(batch.size(), std::move(cells));
    KeyColumns columns = LeadingColumns(weighted.column_count());
    uint32_t row = 0;
    for (const Part& part : parts_) {
      value_.clear();
      bool any = row < part.end;
      for (; row < part.end; ++row) EncodeRow(weighted, columns, row, &value_);
      if (any) {
        writer_.Put(id_, VnodeOf(part.entry->hash), part.entry->hash, part.number, value_);
      } else {
        writer_.Delete(id_, VnodeOf(part.entry->hash), part.entry->hash, part.number);
      }
    }
    parts_.clear();
    seen_ = {};
  }

 private:
  struct Part {
    const Entry* entry;
    uint32_t number;
    size_t end;  // of its rows in seen_
  };
  const VersionedRows& rows_;
  const StateId& id_;
  StateWriter& writer_;
  VersionedRows::Seen seen_;
  std::vector<Part> parts_;
  std::string value_;
};

}  // namespace

void VersionedRows::Save(KeyTable& table, std::span<Entry* const> live, std::span<Entry* const> retired,
                         const StateId& id, StateWriter& writer) {
  // The running epoch's changes are to be seen, so it reads as the epoch after all that have an end.
  constexpr Epoch kNow = RowVersion::kPending;
  PartWriter parts(*this, id, writer);
  for (Entry* entry : live) {
    Slot& slot = entry->At<Slot>(offset_);
    if (slot.capacity != kPaged) {
      uint32_t budget = kFewRows;
      Scan(entry, kNow, 0, &budget, parts.rows());
      parts.EndPart(entry, 0);
      continue;
    }
    PagedRows* paged = PagedOf(slot);
    for (uint32_t page = paged->TakeDirty(); page != PagedRows::kNone; page = paged->TakeDirty()) {
      size_t before = parts.rows()->rows.size();
      uint32_t position = page * paged->rows_per_page();
      uint32_t budget = paged->rows_per_page();
      if (paged->UsedEnd(position) > position) {
        budget = paged->UsedEnd(position) - position;
        Scan(entry, kNow, position, &budget, parts.rows());
      }
      paged->SetStored(page, parts.rows()->rows.size() > before);
      parts.EndPart(entry, page);
    }
  }
  parts.Flush();
  for (Entry* entry : retired) {
    PartWriter::DeletePart(id, writer, entry, 0);
    Slot& slot = entry->At<Slot>(offset_);
    if (slot.capacity != kPaged) continue;
    for (uint32_t page = 1; page < PagedOf(slot)->page_count(); ++page) {
      if (PagedOf(slot)->IsStored(page)) PartWriter::DeletePart(id, writer, entry, page);
    }
    FreePaged(table.pool(), slot);
  }
}

void VersionedRows::AddStored(KeyTable& table, Entry* entry, uint32_t part, const DeltaBatch& rows) {
  Slot& slot = entry->At<Slot>(offset_);
  uint32_t page = part / kPartsPerPage;
  // The part before may have been the first of many.
  if (slot.capacity != kPaged && (page > 0 || rows.size() > kFewRows)) {
    MakePaged(table.pool(), slot);
    PagedOf(slot)->TakeDirty();
  }
  layout_.cells().Stage(rows, columns_, nullptr, rows.size(), &staging_);
  for (uint32_t i = 0; i < rows.size(); ++i) {
    const StoredRow* staged = layout_.cells().Staged(staging_, i);
    int64_t weight = rows.WeightAt(i);
    uint32_t fingerprint = layout_.cells().Fingerprint(staged);
    if (slot.capacity == kPaged && weight != 0 && PagedOf(slot)->Find(staged, fingerprint) == PagedRows::kNone) {
      uint32_t position = PagedOf(slot)->AddOnPage(page, fingerprint);
      if (position != PagedRows::kNone) {
        ViewRow* row = PagedOf(slot)->Row(position);
        layout_.cells().Own(staged, /*weight=*/1, row->cells(), table.pool());
        row->word = 0;
        row->SetWeight(weight);
        continue;
      }
    }
    if (slot.capacity == kPaged) table.MarkDirty(entry);
    AddRow(table.pool(), entry, staged, weight, nullptr);
  }
  if (slot.capacity != kPaged) return;
  PagedOf(slot)->SetStored(page, true);
}

}  // namespace freshet
