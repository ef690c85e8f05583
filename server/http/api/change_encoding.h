// Writes streams of changes as server-sent events and as NDJSON.
#pragma once

#include <cstdint>
#include <memory>

#include "server/formats/api/row_json.h"
#include "server/pipelines/changes.h"

namespace freshet {

enum class ChangesFormat : uint8_t { kSse, kNdjson };
enum class ChangesEnvelope : uint8_t {
  kChanges,  // {"weight":1,"row":{}}
  kUpsert,   // {"key":{},"row":{}}; row null: the key is gone
};

// An epoch is `{"epoch":T,"changes":[...]}`; `"snapshot":true` stands in the rows to begin with, `"partial":true` where
// more of the epoch follows. NDJSON has the id as a member of the line, SSE as the event's.
std::shared_ptr<const ChangeEncoder> MakeChangeEncoder(ChangesFormat format, ChangesEnvelope envelope,
                                                       const RowJsonOptions& options);

}  // namespace freshet
