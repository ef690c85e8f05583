// Shows a row to people, for /errors.
#pragma once

#include <cstdint>
#include <string>

#include "engine/columnar/delta_batch.h"
#include "engine/columnar/types.h"

namespace freshet {

// A row as JSON, of about 2,000 bytes at most; every value as text, an ERROR cell by its code.
std::string SampleOfRow(const DeltaBatch& batch, uint32_t row, const Schema& schema);

}  // namespace freshet
