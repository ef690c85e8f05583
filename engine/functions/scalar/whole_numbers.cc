// Whole numbers as bits, and what they divide by.
#include <limits>
#include <numeric>
#include <type_traits>

#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"
#include "engine/functions/scalar/numeric_arithmetic.h"

namespace freshet {
namespace {

struct And {
  template <typename T>
  T operator()(T a, T b) const {
    return a & b;
  }
};
struct Or {
  template <typename T>
  T operator()(T a, T b) const {
    return a | b;
  }
};
struct Xor {
  template <typename T>
  T operator()(T a, T b) const {
    return a ^ b;
  }
};

template <typename Lane, typename Operation>
void OfBits(KernelCall& call) {
  BinaryLanes<Lane, Lane, Lane>(call, Operation());
}

template <typename Lane>
void Invert(KernelCall& call) {
  UnaryLanes<Lane, Lane>(call, [](Lane value) { return ~value; });
}

// The places count modulo the bits of the lane. `Value` is the type's own width.
template <typename Lane, typename Value>
void ShiftLeft(KernelCall& call) {
  BinaryLanes<Lane, Lane, int32_t>(call, [](Lane value, int32_t places) {
    const auto bits = static_cast<std::make_unsigned_t<Lane>>(value) << (places & (sizeof(Lane) * 8 - 1));
    return static_cast<Lane>(static_cast<Value>(bits));
  });
}
template <typename Lane>
void ShiftRight(KernelCall& call) {
  BinaryLanes<Lane, Lane, int32_t>(
      call, [](Lane value, int32_t places) { return static_cast<Lane>(value >> (places & (sizeof(Lane) * 8 - 1))); });
}

// `compute(a, b)` on magnitudes, in 128 bits.
template <typename Lane, typename Compute>
void OfMagnitudes(KernelCall& call, Compute compute) {
  const Vector& a = call.argument(0);
  const Vector& b = call.argument(1);
  auto magnitude = [](Lane value) {
    const auto bits = static_cast<uint64_t>(int64_t{value});
    return value < 0 ? ~bits + 1 : bits;
  };
  ComputeRows<Lane>(call, [&](uint32_t row) {
    const uint128 result = compute(magnitude(a.At<Lane>(row)), magnitude(b.At<Lane>(row)));
    if (result <= static_cast<uint128>(std::numeric_limits<Lane>::max())) return static_cast<Lane>(result);
    call.Fail(row, CellError::kOverflow);
    return Lane{0};
  });
}

template <typename Lane>
void GreatestDivisor(KernelCall& call) {
  OfMagnitudes<Lane>(call, [](uint64_t a, uint64_t b) { return uint128{std::gcd(a, b)}; });
}
template <typename Lane>
void LeastMultiple(KernelCall& call) {
  OfMagnitudes<Lane>(
      call, [](uint64_t a, uint64_t b) { return a == 0 || b == 0 ? uint128{0} : uint128{a / std::gcd(a, b)} * b; });
}

template <typename Lane, typename Value>
void AddWhole(TypeKind kind, ScalarFunctionList* list) {
  auto binary = [&](std::string_view name, ScalarKernel kernel, std::string_view doc) {
    list->push_back({name, {kind, kind}, kind, kernel, doc});
  };
  binary("&", OfBits<Lane, And>, "The bits that both have.");
  binary("|", OfBits<Lane, Or>, "The bits that one of both has.");
  binary("#", OfBits<Lane, Xor>, "The bits that exactly one of both has.");
  list->push_back({"~", {kind}, kind, Invert<Lane>, "The bits that the value has not."});
  list->push_back({"<<", {kind, TypeKind::kInteger}, kind, ShiftLeft<Lane, Value>, "The bits so many places higher."});
  list->push_back({">>", {kind, TypeKind::kInteger}, kind, ShiftRight<Lane>, "The bits so many places lower."});
}

template <typename Lane>
void AddDivisors(TypeKind kind, ScalarFunctionList* list) {
  list->push_back({"gcd", {kind, kind}, kind, GreatestDivisor<Lane>, "The greatest common divisor."});
  list->push_back(
      {"lcm", {kind, kind}, kind, LeastMultiple<Lane>, "The least common multiple; ERROR if it does not fit."});
}

// In which of `count` equal parts between two bounds a value lies: 0 below, count + 1 at or above the second bound.
void WidthBucket(KernelCall& call) {
  ComputeRows<int32_t>(call, [&](uint32_t row) {
    auto of = [&](size_t argument) { return call.argument(argument).At<double>(row); };
    const double value = of(0), low = of(1), high = of(2);
    const int32_t count = call.argument(3).At<int32_t>(row);
    const bool good = count > 0 && low - low == 0 && high - high == 0 && low != high && value == value;
    if (!good) {
      call.Fail(row, CellError::kInvalidArgument);
      return 0;
    }
    const double place = low < high ? value - low : low - value, width = low < high ? high - low : low - high;
    if (place < 0) return 0;
    if (place < width) return static_cast<int32_t>(static_cast<double>(count) * (place / width)) + 1;
    if (count < std::numeric_limits<int32_t>::max()) return count + 1;
    call.Fail(row, CellError::kOverflow);
    return 0;
  });
}

}  // namespace

void AddWholeNumberFunctions(ScalarFunctionList* list) {
  AddWhole<int32_t, int16_t>(TypeKind::kSmallint, list);
  AddWhole<int32_t, int32_t>(TypeKind::kInteger, list);
  AddWhole<int64_t, int64_t>(TypeKind::kBigint, list);
  AddDivisors<int32_t>(TypeKind::kInteger, list);
  AddDivisors<int64_t>(TypeKind::kBigint, list);
  using enum TypeKind;
  list->push_back(
      {"width_bucket",
       {kDouble, kDouble, kDouble, kInteger},
       kInteger,
       WidthBucket,
       "In which of so many equal parts between two bounds a value lies, from 1; 0 below, one more above."});
}

}  // namespace freshet
