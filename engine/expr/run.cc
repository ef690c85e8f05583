#include "engine/expr/run.h"

#include <cstring>

#include "engine/expr/kernel_loops.h"

namespace freshet {
namespace {

// Where a row goes. Without a branch: both lists are written, one of them advances.
template <typename IsTaken, typename IsRest>
void Split(uint32_t size, const Selection& selection, IsTaken is_taken, IsRest is_rest, Selection& taken,
           Selection& rest) {
  uint32_t count = selection.CountOf(size);
  taken.all = false;
  rest.all = false;
  taken.rows.resize(count);
  rest.rows.resize(count);
  uint32_t taken_count = 0;
  uint32_t rest_count = 0;
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t row = selection.all ? i : selection.rows[i];
    taken.rows[taken_count] = row;
    rest.rows[rest_count] = row;
    taken_count += is_taken(row);
    rest_count += is_rest(row);
  }
  taken.rows.resize(taken_count);
  rest.rows.resize(rest_count);
}

template <size_t kWidth>
void CopyPiece(KernelCall& call, const Vector& piece, const Selection& selection) {
  char* out = call.result<char>();
  const char* values = piece.values<char>();
  size_t step = piece.constant() ? 0 : kWidth;
  for (uint32_t row : selection.rows) std::memcpy(out + row * kWidth, values + row * step, kWidth);
  if (piece.valid_bits() == nullptr) return;
  for (uint32_t row : selection.rows) {
    if (piece.IsValue(row)) continue;
    std::memset(out + row * kWidth, 0, kWidth);
    if (CellError error = piece.ErrorAt(row); error != CellError::kNone) {
      call.Fail(row, error);
    } else {
      call.SetNull(row);
    }
  }
}

void CopyPieceOfType(KernelCall& call, const Vector& piece, const Selection& selection) {
  switch (piece.physical()) {
    case PhysicalType::kBool:
      return CopyPiece<1>(call, piece, selection);
    case PhysicalType::kInt32:
      return CopyPiece<4>(call, piece, selection);
    case PhysicalType::kInt64:
    case PhysicalType::kDouble:
      return CopyPiece<8>(call, piece, selection);
    case PhysicalType::kNumeric:
      return CopyPiece<24>(call, piece, selection);
    case PhysicalType::kString:
      call.ShareHeaps(piece);
      return CopyPiece<16>(call, piece, selection);
  }
}

}  // namespace

void RunKernel(const Instruction& instruction, uint32_t size, const Selection& selection,
               std::span<const Vector* const> arguments, DataType type, BufferPool& pool, bool escapes, Cells& result) {
  KernelCall call(size, selection, arguments, type, pool, escapes, result);
  if (instruction.invalidity != Invalidity::kKernel) {
    call.PropagateInvalid(instruction.invalidity == Invalidity::kStrict);
  }
  call.SetValues(instruction.set.get());
  instruction.kernel(call);
}

void RunBranch(BranchTest test, uint32_t size, const Selection& selection, const Vector& condition, Selection& taken,
               Selection& rest) {
  auto is_true = [&](uint32_t row) { return (condition.At<uint8_t>(row) & 1) & condition.IsValue(row); };
  auto is_false = [&](uint32_t row) { return (~condition.At<uint8_t>(row) & 1) & condition.IsValue(row); };
  switch (test) {
    case BranchTest::kIsTrue:
      Split(
          size, selection, is_true, [&](uint32_t row) { return !is_true(row) && !condition.IsError(row); }, taken,
          rest);
      return;
    case BranchTest::kIsNotFalse:
      Split(size, selection, [&](uint32_t row) { return !is_false(row); }, is_false, taken, rest);
      return;
    case BranchTest::kIsNotTrue:
      Split(size, selection, [&](uint32_t row) { return !is_true(row); }, is_true, taken, rest);
      return;
    case BranchTest::kIsNull:
      Split(
          size, selection, [&](uint32_t row) { return condition.IsNull(row); },
          [&](uint32_t row) { return !condition.IsNull(row); }, taken, rest);
      return;
    case BranchTest::kIsError:
      Split(
          size, selection, [&](uint32_t row) { return condition.IsError(row); },
          [&](uint32_t row) { return !condition.IsError(row); }, taken, rest);
      return;
  }
}

void RunMerge(const Instruction& instruction, uint32_t size, const Selection& selection,
              std::span<const Vector* const> arguments, std::span<const Selection* const> selections, DataType type,
              BufferPool& pool, bool escapes, Cells& result) {
  KernelCall call(size, selection, {}, type, pool, escapes, result);
  // Rows in no piece are the ones whose condition is ERROR.
  for (size_t i = instruction.piece_count; i < arguments.size(); ++i) {
    const Vector& condition = *arguments[i];
    if (condition.error_codes() == nullptr) continue;
    const Selection& rows = *selections[i];
    uint32_t count = rows.CountOf(size);
    for (uint32_t k = 0; k < count; ++k) {
      uint32_t row = rows.all ? k : rows.rows[k];
      if (condition.IsError(row)) call.Fail(row, condition.ErrorAt(row));
    }
  }
  // An error row of a text result holds an empty text, not what its memory held before.
  if (call.has_invalid()) std::memset(call.result<char>(), 0, size * WidthOf(PhysicalOf(type.kind)));
  for (size_t i = 0; i < instruction.piece_count; ++i) {
    if (!selections[i]->rows.empty()) CopyPieceOfType(call, *arguments[i], *selections[i]);
  }
}

}  // namespace freshet
