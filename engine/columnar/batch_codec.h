// Codes delta batches as bytes: frames between shards, spools. Little-endian; strings are packed, not pointed to. The
// format is versioned and private to one release; what is stored on disk uses row_codec.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/columnar/delta_batch.h"

namespace freshet {

// Appends the coded batch (rows, weights, hashes, the paired hint) to `out`.
void EncodeBatch(const DeltaBatch& batch, std::string* out);
// At least as many bytes as that appends, and hardly more where cells are values: to take the memory at once.
size_t CodedBytesMax(const DeltaBatch& batch);

// Reads what EncodeBatch wrote. Never reads past `bytes`; a malformed text is INVALID_ARGUMENT. The batch owns its
// memory.
absl::StatusOr<DeltaBatch> DecodeBatch(std::string_view bytes, std::span<const DataType> types);

}  // namespace freshet
