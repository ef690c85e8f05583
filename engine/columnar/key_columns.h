// Hashes the key columns of a batch. Equal keys have equal hashes: NULLs group together, NaN = NaN, -0.0 = 0.0.
// What to do with an ERROR cell in a key is the operator's decision; its hash is defined.
#pragma once

#include <cstdint>
#include <span>

#include "engine/columnar/delta_batch.h"

namespace freshet {

// The hash of every row, batch.size() of uint64_t; the batch's own if it carries it for this key. An empty key gives
// every row the same hash.
BufferRef HashKeys(const DeltaBatch& batch, std::span<const ColumnIndex> key, uint64_t seed);

// Columns 0 .. count-1.
KeyColumns LeadingColumns(size_t count);

// The hash of one cell as HashKeys mixes it.
uint64_t HashCell(const Column& column, uint32_t row, uint64_t seed);

// Compares cells of the same type: equal values, both NULL, or the same ERROR. NaN = NaN.
bool CellsEqual(const Column& a, uint32_t a_row, const Column& b, uint32_t b_row);
// A total order of cells: values (PostgreSQL's order of the type, NaN last, text by bytes), then NULL, then ERROR.
std::strong_ordering CompareCells(const Column& a, uint32_t a_row, const Column& b, uint32_t b_row);

}  // namespace freshet
