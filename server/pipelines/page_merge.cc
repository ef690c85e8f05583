#include "server/pipelines/page_merge.h"

#include <algorithm>
#include <string_view>

#include "engine/base/check.h"
#include "engine/columnar/batch_codec.h"

namespace freshet {
namespace {

// Cursors end with how many copies of their row have been given, big-endian.
constexpr size_t kCopiesBytes = 4;

std::string_view KeyOf(std::string_view cursor) {
  return cursor.substr(0, cursor.size() - std::min(cursor.size(), kCopiesBytes));
}

std::string WithCopies(std::string_view cursor, uint32_t copies) {
  std::string changed(KeyOf(cursor));
  for (int shift = 24; shift >= 0; shift -= 8) changed.push_back(static_cast<char>(copies >> shift));
  return changed;
}

uint32_t CopiesOf(std::string_view cursor) {
  uint32_t copies = 0;
  for (char byte : cursor.substr(cursor.size() - kCopiesBytes)) copies = copies << 8 | static_cast<uint8_t>(byte);
  return copies;
}

struct ShardPage {
  uint32_t shard = 0;
  const v1::ReadResponse* response = nullptr;
  DeltaBatch batch;
  uint32_t first = 0;  // of its rows in all rows
  uint32_t next = 0;   // row to take

  bool done() const { return next == batch.size(); }
  std::string_view cursor() const { return response->cursors(static_cast<int>(next)); }
};

}  // namespace

std::string OrderedCursorOf(const ListingPlace& place, uint32_t shard) {
  if (place.after.empty() || shard == place.shard) return place.after;
  // All copies of this row that shards before it have are given, and none of those behind it.
  return WithCopies(place.after, shard < place.shard ? UINT32_MAX : 0);
}

absl::StatusOr<MergedPage> MergePages(const Schema& schema, const std::vector<uint32_t>& shards,
                                      const std::vector<v1::ReadResponse>& responses, uint32_t limit, bool ordered) {
  std::vector<DataType> types;
  for (const Field& field : schema) types.push_back(field.type);
  std::vector<ShardPage> pages;
  std::vector<DeltaBatch> batches;
  uint32_t first = 0;
  for (size_t i = 0; i < shards.size(); ++i) {
    ShardPage page;
    page.shard = shards[i];
    page.response = &responses[i];
    page.first = first;
    ASSIGN_OR_RETURN(page.batch, DecodeBatch(responses[i].batch(), types));
    if (static_cast<uint32_t>(responses[i].cursors_size()) != page.batch.size()) {
      return absl::InternalError("a shard sent a page with another number of cursors than rows");
    }
    for (const std::string& cursor : responses[i].cursors()) {
      if (cursor.size() < kCopiesBytes) return absl::InternalError("a shard sent a malformed cursor");
    }
    first += page.batch.size();
    batches.push_back(page.batch);
    pages.push_back(std::move(page));
  }

  MergedPage merged;
  std::vector<uint32_t> rows;
  std::vector<int64_t> weights;
  ListingPlace last;
  bool more = false;
  while (merged.count < limit && !more) {
    ShardPage* take = nullptr;
    for (ShardPage& page : pages) {
      if (page.done()) continue;
      if (take == nullptr || (ordered && KeyOf(page.cursor()) < KeyOf(take->cursor()))) take = &page;
    }
    if (take == nullptr) break;
    int64_t weight = take->batch.WeightAt(take->next);
    int64_t given = std::min<int64_t>(weight, limit - static_cast<int64_t>(merged.count));
    rows.push_back(take->first + take->next);
    weights.push_back(given);
    merged.count += static_cast<uint64_t>(given);
    last.shard = take->shard;
    last.after = WithCopies(take->cursor(), CopiesOf(take->cursor()) - static_cast<uint32_t>(weight - given));
    more = given < weight;
    ++take->next;
    // What lies behind its page is not known, and may come before what the others have.
    more |= take->done() && take->response->more();
  }
  for (const ShardPage& page : pages) more |= !page.done() || page.response->more();
  if (more && !rows.empty()) merged.next = last;

  DeltaBatch all = GatherBatch(ConcatBatches(batches), rows);
  BufferRef buffer = BufferRef::Of<int64_t>(std::max<size_t>(1, weights.size()));
  std::copy(weights.begin(), weights.end(), buffer.mutable_as<int64_t>());
  merged.rows = DeltaBatch(all.size(), all.columns(), std::move(buffer));
  return merged;
}

}  // namespace freshet
