// Finds the columns of a table in JSON records.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "server/formats/api/format.h"

namespace freshet {

// Objects and arrays may be nested this deep; deeper ones are malformed records.
inline constexpr uint32_t kJsonDepthMax = 1024;

// A record is one object. Fields go by name or path; of equal names in one object the last one counts. With
// Envelope::kChanges it is {"weight":n,"row":{}} or one of {"insert":{}}, {"upsert":{}}, {"delete":{}}.
absl::StatusOr<std::unique_ptr<RecordDecoder>> MakeJsonDecoder(DecoderSpec spec);
// An object with the key columns, or the bare value of a single one.
absl::StatusOr<std::unique_ptr<RecordDecoder>> MakeJsonKeyDecoder(DecoderSpec spec);

}  // namespace freshet
