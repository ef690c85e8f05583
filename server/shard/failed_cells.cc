#include "server/shard/failed_cells.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/str_cat.h"
#include "server/shard/row_sample.h"

namespace freshet {
namespace {

// Rows remembered of a place: one of them may go, and another is shown.
constexpr size_t kMaxSamples = 4;
constexpr uint64_t kVnodeShift = 64 - kVnodeBits;

}  // namespace

void FailedCells::Count(const DeltaBatch& batch) {
  BufferRef hashes;
  for (uint32_t column = 0; column < batch.column_count(); ++column) {
    const Column& cells = batch.column(ColumnIndex(column));
    const uint8_t* codes = cells.error_codes();
    if (codes == nullptr) continue;
    for (uint32_t row = 0; row < batch.size(); ++row) {
      if (codes[row] == 0) continue;
      if (!hashes) hashes = HashKeys(batch, options_.key, options_.hash_seed);
      CountCell({VnodeOf(hashes.as<uint64_t>()[row]), column, cells.ErrorAt(row)}, batch.WeightAt(row), batch, row);
    }
  }
}

void FailedCells::CountCell(const Place& place, int64_t weight, const DeltaBatch& batch, uint32_t row) {
  Failures& failures = failures_[place];
  failures.count += weight;
  failures.dirty = true;
  std::vector<std::string>& samples = failures.samples;
  if (weight > 0 && samples.size() < kMaxSamples) samples.push_back(SampleOfRow(batch, row, options_.schema));
  if (weight < 0 && !samples.empty()) {
    auto gone = std::find(samples.begin(), samples.end(), SampleOfRow(batch, row, options_.schema));
    if (gone != samples.end()) samples.erase(gone);
  }
}

void FailedCells::AppendTo(std::vector<v1::ExpressionError>* out) const {
  // Places of one column and error stand beside each other.
  v1::ExpressionError sum;
  auto add = [&] {
    if (sum.count() > 0) out->push_back(sum);
  };
  std::pair<uint32_t, CellError> last{UINT32_MAX, CellError::kNone};
  for (const auto& [place, failures] : failures_) {
    if (std::pair(place.column, place.error) != last) {
      add();
      last = {place.column, place.error};
      sum.Clear();
      sum.set_node(options_.node);
      sum.set_column(options_.schema[place.column].name);
      sum.set_code(std::string(CellErrorCode(place.error)));
    }
    sum.set_count(sum.count() + failures.count);
    if (sum.sample().empty() && !failures.samples.empty()) sum.set_sample(failures.samples.front());
  }
  add();
}

void FailedCells::SaveDirty(const StateId& id, StateWriter& writer) {
  for (auto it = failures_.begin(); it != failures_.end();) {
    auto& [place, failures] = *it;
    if (!failures.dirty) {
      ++it;
      continue;
    }
    failures.dirty = false;
    uint64_t hash = (uint64_t{place.vnode.value()} << kVnodeShift) | (uint64_t{place.column} << 8) |
                    static_cast<uint64_t>(place.error);
    if (failures.count == 0) {
      writer.Delete(id, place.vnode, hash, 0);
      it = failures_.erase(it);
      continue;
    }
    v1::ExpressionError saved;
    saved.set_count(failures.count);
    if (!failures.samples.empty()) saved.set_sample(failures.samples.front());
    writer.Put(id, place.vnode, hash, 0, saved.SerializeAsString());
    ++it;
  }
}

absl::Status FailedCells::Load(const StateId& id, VnodeId vnode, StateReader& reader) {
  return reader.Load(id, vnode, [&](uint64_t hash, uint32_t, std::string_view value) {
    v1::ExpressionError saved;
    Place place{vnode, static_cast<uint32_t>((hash & ((uint64_t{1} << kVnodeShift) - 1)) >> 8),
                static_cast<CellError>(hash & 0xFF)};
    if (!saved.ParseFromArray(value.data(), static_cast<int>(value.size())) || place.column >= options_.schema.size()) {
      return absl::DataLossError(StrCat("the saved counts of ERROR cells of ", options_.node, " cannot be read"));
    }
    Failures& failures = failures_[place];
    failures.count = saved.count();
    if (!saved.sample().empty()) failures.samples.push_back(saved.sample());
    return absl::OkStatus();
  });
}

}  // namespace freshet
