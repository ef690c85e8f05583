#include "engine/views/view_store.h"

#include <algorithm>
#include <numeric>

#include "engine/base/check.h"
#include "engine/columnar/key_columns.h"
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

}  // namespace

// The table's key is the hash of the key columns, not the cells: rows with ERROR in the key must be kept too, and cells
// must come back in the form in which they went in. Rows of colliding keys share an entry; readers compare.
ViewStore::ViewStore(Options options) : ViewStore(std::move(options), EntryLayout({kBigint})) {}

ViewStore::ViewStore(Options options, EntryLayout layout)
    : options_([&] {
        if (options.key.empty()) options.key = LeadingColumns(options.schema.size());
        return std::move(options);
      }()),
      rows_(layout, TypesOf(options_.schema)),
      emptied_(layout.AddBit()),
      table_(std::move(layout)),
      key_batch_({ColumnIndex(0)}, {kBigint}, options_.hash_seed, NullKeys::kGroup) {}

ViewStore::~ViewStore() = default;

void ViewStore::Apply(const DeltaBatch& batch) {
  if (batch.empty()) return;
  changed_ = true;
  DeltaBatch keys = HashesAsKeys(HashKeys(batch, options_.key, options_.hash_seed), batch.size());
  key_batch_.Assign(keys);
  entries_.resize(batch.size());
  table_.FindOrInsert(key_batch_, entries_.data());
  size_t pending = pending_.size();
  rows_.Add(table_, batch, entries_, visible_ ? &pending_ : nullptr);
  version_count_ += pending_.size() - pending;
  for (Entry* entry : entries_) {
    if (rows_.IsEmpty(entry) && emptied_.Mark(entry)) emptied_list_.Add(entry);
  }
  if (const int64_t* weights = batch.weights()) {
    running_rows_ += std::accumulate(weights, weights + batch.size(), int64_t{0});
  } else {
    running_rows_ += batch.size();
  }
}

void ViewStore::Commit(const Commitment& commitment) {
  CHECK(committed_ < commitment.epoch) << "epochs of commits must grow: " << committed_ << " then " << commitment.epoch;
  committed_ = commitment.epoch;
  // As many are given up as come, and more: else they would pile up.
  DropVersions(static_cast<uint32_t>(std::min<size_t>(pending_.size() * 2 + kDropAtOnce, UINT32_MAX)));
  for (RowVersion* version : pending_) {
    version->until = committed_;
    if (version->before == version->now) {
      GiveUp(version);  // the row is as it was
    } else {
      // What the epoch before showed is needed by readers that have not heard of this commit.
      recent_.push_back(version);
    }
  }
  pending_.clear();
  for (size_t i = 0; i < emptied_list_.size(); ++i) {
    Entry* entry = emptied_list_[i];
    emptied_.Clear(entry);
    if (rows_.IsEmpty(entry)) table_.Retire(entry);
  }
  emptied_list_.Clear();
  committed_rows_ = static_cast<uint64_t>(std::max<int64_t>(running_rows_, 0));
  if (changed_) last_changed_ = committed_;
  changed_ = false;
  if (commitment.load_complete && !visible_) {
    visible_ = true;
    last_changed_ = committed_;
    oldest_needed_ = committed_;
  }
}

bool ViewStore::Pin(Epoch epoch) {
  if (!visible_ || epoch > committed_) return false;
  auto pin = pins_.find(epoch);
  if (pin == pins_.end()) {
    if (epoch < oldest_needed_) return false;
    pin = pins_.try_emplace(epoch).first;
  }
  ++pin->second.pins;
  return true;
}

void ViewStore::Unpin(Epoch epoch) {
  auto pin = pins_.find(epoch);
  CHECK(pin != pins_.end()) << "epoch " << epoch << " is not pinned";
  if (--pin->second.pins > 0) return;
  if (!pin->second.versions.empty()) unpinned_.push_back(std::move(pin->second.versions));
  pins_.erase(pin);
  DropVersions();
}

void ViewStore::SetOldestNeeded(Epoch epoch) {
  oldest_needed_ = std::max(oldest_needed_, std::min(epoch, committed_));
  DropVersions();
}

bool ViewStore::DropVersions(uint32_t limit) {
  for (; limit > 0; --limit) {
    if (!unpinned_.empty()) {
      std::deque<RowVersion*>& versions = unpinned_.front();
      RowVersion* version = versions.front();
      versions.pop_front();
      if (versions.empty()) unpinned_.pop_front();
      Settle(version);
    } else if (!recent_.empty() && recent_.front()->until <= oldest_needed_) {
      RowVersion* version = recent_.front();
      recent_.pop_front();
      Settle(version);
    } else {
      return false;
    }
  }
  return true;
}

void ViewStore::Settle(RowVersion* version) {
  Epoch from = version->older == nullptr ? Epoch() : version->older->until;
  auto pin = pins_.lower_bound(from);
  if (pin != pins_.end() && pin->first < version->until) {
    pin->second.versions.push_back(version);
  } else {
    GiveUp(version);
  }
}

void ViewStore::GiveUp(RowVersion* version) {
  Entry* entry = version->entry;
  rows_.Release(table_.pool(), version);
  --version_count_;
  if (rows_.IsEmpty(entry) && !emptied_.Get(entry)) table_.Retire(entry);
}

void ViewStore::SaveDirty(const StateId& id, StateWriter& writer) {
  table_.DrainDirty([&](std::span<Entry* const> live, std::span<Entry* const> retired) {
    rows_.Save(table_, live, retired, id, writer);
  });
}

absl::Status ViewStore::Load(const StateId& id, VnodeId vnode, StateReader& reader) {
  std::vector<ColumnBuilder> builders;
  for (const Field& field : options_.schema) builders.emplace_back(field.type);
  builders.emplace_back(kBigint);
  return reader.Load(id, vnode, [&](uint64_t hash, uint32_t part, std::string_view value) -> absl::Status {
    while (!value.empty()) RETURN_IF_ERROR(DecodeRow(&value, builders));
    std::vector<Column> cells;
    for (ColumnBuilder& builder : builders) cells.push_back(builder.Finish());
    BufferRef weights = cells.back().values_buffer();
    uint32_t size = cells.back().size();
    cells.pop_back();
    DeltaBatch rows(size, std::move(cells), std::move(weights));
    Entry* entry = FindKey(hash);
    if (entry == nullptr) table_.FindOrInsert(key_batch_, &entry);
    table_.MarkStored(entry, part);
    rows_.AddStored(table_, entry, part, rows);
    for (uint32_t row = 0; row < size; ++row) running_rows_ += rows.WeightAt(row);
    if (rows_.IsEmpty(entry) && emptied_.Mark(entry)) emptied_list_.Add(entry);
    return absl::OkStatus();
  });
}

Entry* ViewStore::FindKey(uint64_t hash) {
  BufferRef hashes = BufferRef::Of<uint64_t>(1);
  hashes.mutable_as<uint64_t>()[0] = hash;
  key_ = HashesAsKeys(hashes, 1);
  key_batch_.Assign(key_);
  Entry* entry = nullptr;
  table_.Find(key_batch_, &entry);
  return entry;
}

}  // namespace freshet
