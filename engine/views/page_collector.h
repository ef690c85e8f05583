// Collects the rows of one page of a view: the first ones in the order of the read, up to the limit.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/columnar/delta_batch.h"
#include "engine/columnar/ordered_row_codec.h"
#include "engine/columnar/types.h"

namespace freshet {

struct ViewPage {
  // Weight = how often the row stands; their sum is at most the limit.
  DeltaBatch rows;
  // One for each row. Those of ordered pages compare, over all shards, like the rows do.
  std::vector<std::string> cursors;
  bool more = false;
};

// Where an unordered read found a row: the entry or key, the row's position in it, and how many of its copies are
// taken.
struct RowPlace {
  uint32_t major = 0;
  uint32_t minor = 0;
  uint32_t ordinal = 0;
  uint32_t copies = 0;
};

class PageCollector {
 public:
  virtual ~PageCollector() = default;

  // Takes the rows `kept` of a batch with weights; places by row of the batch.
  virtual void Add(const DeltaBatch& batch, std::span<const uint32_t> kept, std::span<const RowPlace> places) = 0;
  // Nothing that comes later can change the page.
  virtual bool complete() const = 0;
  virtual ViewPage TakePage() = 0;
};

// In the order in which rows are added, from behind the place `after` on.
std::unique_ptr<PageCollector> CollectInScanOrder(const Schema& schema, uint32_t limit, std::optional<RowPlace> after);
// Sorted. Error: INVALID_ARGUMENT for a cursor that no page gave.
absl::StatusOr<std::unique_ptr<PageCollector>> CollectSorted(const Schema& schema, uint32_t limit,
                                                             std::vector<SortColumn> order, std::string_view after);

std::string EncodePlace(const RowPlace& place);
absl::StatusOr<RowPlace> DecodePlace(std::string_view cursor);

}  // namespace freshet
