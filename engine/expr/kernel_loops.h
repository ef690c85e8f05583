// The loops of kernels, so that a kernel itself is one expression. *Lanes* loops compute every row of the batch, NULL
// and unselected ones too, without a branch, for the compiler to vectorise: for operations on booleans, integers and
// doubles that are defined on any operands. *Rows* loops compute only selected rows whose arguments are values: for
// everything else.
#pragma once

#include <cstdint>
#include <type_traits>

#include "engine/expr/kernel.h"

namespace freshet {

// Below this share of selected rows a scalar loop over them beats vector instructions over all.
inline constexpr uint32_t kDenseShare = 8;

// Calls body(row) for the rows that a *Lanes* loop computes.
template <typename Body>
inline void ForLanes(const KernelCall& call, Body body) {
  const Selection& selection = call.selection();
  uint32_t size = call.size();
  if (selection.all || selection.rows.size() * kDenseShare >= size) {
    for (uint32_t row = 0; row < size; ++row) body(row);
  } else {
    for (uint32_t row : selection.rows) body(row);
  }
}

// Calls body(row) for the selected rows.
template <typename Body>
inline void ForSelected(const KernelCall& call, Body body) {
  const Selection& selection = call.selection();
  if (selection.all) {
    for (uint32_t row = 0; row < call.size(); ++row) body(row);
  } else {
    for (uint32_t row : selection.rows) body(row);
  }
}

// result[row] = compute(row) for the selected rows whose arguments are values; other cells are zero. compute may Fail()
// the row.
template <typename R, typename Compute>
inline void ComputeRows(KernelCall& call, Compute compute) {
  R* out = call.result<R>();
  if (!call.has_invalid()) {
    // A failure in the middle makes validity appear, but only for rows that are done.
    ForSelected(call, [&](uint32_t row) { out[row] = compute(row); });
  } else {
    ForSelected(call, [&](uint32_t row) { out[row] = call.IsValid(row) ? compute(row) : R(); });
  }
}

// Calls body(a, b) with accessors of the operands, one instance each for flat and constant ones.
template <typename A, typename B, typename Body>
inline void WithOperands(const KernelCall& call, Body body) {
  const A* __restrict a = call.argument(0).values<A>();
  const B* __restrict b = call.argument(1).values<B>();
  auto flat_a = [a](uint32_t row) { return a[row]; };
  auto flat_b = [b](uint32_t row) { return b[row]; };
  if (call.argument(0).constant()) {
    auto constant_a = [value = *a](uint32_t) { return value; };
    if (call.argument(1).constant()) {
      body(constant_a, [value = *b](uint32_t) { return value; });
    } else {
      body(constant_a, flat_b);
    }
  } else if (call.argument(1).constant()) {
    body(flat_a, [value = *b](uint32_t) { return value; });
  } else {
    body(flat_a, flat_b);
  }
}

template <typename R, typename A, typename Operation>
inline void UnaryLanes(KernelCall& call, Operation operation) {
  const A* __restrict a = call.argument(0).values<A>();
  R* __restrict out = call.result<R>();
  if (call.argument(0).constant()) {
    ForLanes(call, [&, value = *a](uint32_t row) { out[row] = operation(value); });
  } else {
    ForLanes(call, [&](uint32_t row) { out[row] = operation(a[row]); });
  }
}

template <typename R, typename A, typename B, typename Operation>
inline void BinaryLanes(KernelCall& call, Operation operation) {
  R* __restrict out = call.result<R>();
  WithOperands<A, B>(
      call, [&](auto a, auto b) { ForLanes(call, [&](uint32_t row) { out[row] = operation(a(row), b(row)); }); });
}

// The unsigned integer as wide as a lane: its top bit says "failed", so that a vector of lanes collects failures with
// one OR.
template <typename R>
using FailureMask = std::conditional_t<sizeof(R) == 8, uint64_t, uint32_t>;

// Operation has
//   static R Apply(A a, B b, FailureMask<R>& failed): defined on any operands; sets the top bit of `failed` if the row
//     fails, leaves it otherwise;
//   static CellError Reason(A a, B b): why.
// The first pass only learns whether any lane failed; that is rare, so a second one finds the rows.
template <typename R, typename A, typename B, typename Operation>
inline void CheckedBinaryLanes(KernelCall& call) {
  using Mask = FailureMask<R>;
  constexpr Mask kTop = Mask{1} << (sizeof(Mask) * 8 - 1);
  R* __restrict out = call.result<R>();
  WithOperands<A, B>(call, [&](auto a, auto b) {
    Mask failed = 0;
    ForLanes(call, [&](uint32_t row) { out[row] = Operation::Apply(a(row), b(row), failed); });
    if ((failed & kTop) == 0) return;
    ForSelected(call, [&](uint32_t row) {
      Mask row_failed = 0;
      Operation::Apply(a(row), b(row), row_failed);
      if ((row_failed & kTop) != 0 && call.IsValid(row)) call.Fail(row, Operation::Reason(a(row), b(row)));
    });
  });
}

// The same for one operand.
template <typename R, typename A, typename Operation>
inline void CheckedUnaryLanes(KernelCall& call) {
  using Mask = FailureMask<R>;
  constexpr Mask kTop = Mask{1} << (sizeof(Mask) * 8 - 1);
  const Vector& argument = call.argument(0);
  const A* __restrict a = argument.values<A>();
  R* __restrict out = call.result<R>();
  Mask failed = 0;
  if (argument.constant()) {
    ForLanes(call, [&, value = *a](uint32_t row) { out[row] = Operation::Apply(value, failed); });
  } else {
    ForLanes(call, [&](uint32_t row) { out[row] = Operation::Apply(a[row], failed); });
  }
  if ((failed & kTop) == 0) return;
  ForSelected(call, [&](uint32_t row) {
    Mask row_failed = 0;
    Operation::Apply(argument.At<A>(row), row_failed);
    if ((row_failed & kTop) != 0 && call.IsValid(row)) call.Fail(row, Operation::Reason(argument.At<A>(row)));
  });
}

}  // namespace freshet
