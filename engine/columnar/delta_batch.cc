#include "engine/columnar/delta_batch.h"

#include <algorithm>

namespace freshet {
namespace {

// Empty when every gathered weight is +1.
BufferRef GatherWeights(const int64_t* weights, std::span<const uint32_t> rows) {
  BufferRef to = BufferRef::Of<int64_t>(rows.size());
  int64_t* target = to.mutable_as<int64_t>();
  uint64_t other = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    target[i] = weights[rows[i]];
    other |= static_cast<uint64_t>(target[i] ^ 1);
  }
  return other == 0 ? BufferRef() : to;
}

BufferRef GatherHashes(const uint64_t* hashes, std::span<const uint32_t> rows) {
  BufferRef to = BufferRef::Of<uint64_t>(rows.size());
  uint64_t* target = to.mutable_as<uint64_t>();
  for (size_t i = 0; i < rows.size(); ++i) target[i] = hashes[rows[i]];
  return to;
}

BufferRef ConcatWeights(std::span<const DeltaBatch* const> parts, uint32_t size) {
  if (std::all_of(parts.begin(), parts.end(), [](const DeltaBatch* part) { return part->weights() == nullptr; })) {
    return {};
  }
  BufferRef weights = BufferRef::Of<int64_t>(size);
  int64_t* target = weights.mutable_as<int64_t>();
  for (const DeltaBatch* part : parts) {
    if (part->weights() == nullptr) {
      std::fill_n(target, part->size(), 1);
    } else {
      std::copy_n(part->weights(), part->size(), target);
    }
    target += part->size();
  }
  return weights;
}

// Keeps the hashes when every part has them for one key.
void ConcatHashes(std::span<const DeltaBatch* const> parts, DeltaBatch* result) {
  const KeyColumns& key = parts[0]->hash_key();
  for (const DeltaBatch* part : parts) {
    if (part->HashesFor(key) == nullptr) return;
  }
  BufferRef hashes = BufferRef::Of<uint64_t>(result->size());
  uint64_t* target = hashes.mutable_as<uint64_t>();
  for (const DeltaBatch* part : parts) target = std::copy_n(part->HashesFor(key), part->size(), target);
  result->SetHashes(key, std::move(hashes));
}

}  // namespace

DeltaBatch GatherBatch(const DeltaBatch& batch, std::span<const uint32_t> rows) {
  std::vector<Column> columns;
  columns.reserve(batch.column_count());
  for (const Column& column : batch.columns()) columns.push_back(GatherColumn(column, rows));
  BufferRef weights = batch.weights() == nullptr ? BufferRef() : GatherWeights(batch.weights(), rows);
  DeltaBatch result(static_cast<uint32_t>(rows.size()), std::move(columns), std::move(weights));
  if (batch.hashes_buffer()) {
    result.SetHashes(batch.hash_key(), GatherHashes(batch.hashes_buffer().as<uint64_t>(), rows));
  }
  return result;
}

DeltaBatch ConcatBatches(std::span<const DeltaBatch> batches) {
  if (batches.empty()) return {};
  std::vector<const DeltaBatch*> parts;
  size_t size = 0;
  bool paired = true;
  for (const DeltaBatch& batch : batches) {
    if (batch.empty()) continue;
    parts.push_back(&batch);
    size += batch.size();
    paired &= batch.paired();
  }
  if (parts.empty()) return batches[0];
  if (parts.size() == 1) return *parts[0];
  CHECK(size <= UINT32_MAX);

  std::vector<Column> columns;
  std::vector<Column> pieces(parts.size());
  for (uint32_t index = 0; index < parts[0]->column_count(); ++index) {
    for (size_t i = 0; i < parts.size(); ++i) {
      DCHECK(parts[i]->column_count() == parts[0]->column_count());
      pieces[i] = parts[i]->column(ColumnIndex(index));
    }
    columns.push_back(ConcatColumns(pieces));
  }
  DeltaBatch result(static_cast<uint32_t>(size), std::move(columns), ConcatWeights(parts, static_cast<uint32_t>(size)));
  ConcatHashes(parts, &result);
  result.set_paired(paired);
  return result;
}

size_t BatchBytes(const DeltaBatch& batch) {
  size_t bytes = batch.weights() == nullptr ? 0 : batch.size() * sizeof(int64_t);
  for (const Column& column : batch.columns()) bytes += ColumnBytes(column);
  return bytes;
}

}  // namespace freshet
