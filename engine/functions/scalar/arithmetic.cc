// Arithmetic over integers and doubles. A result that does not fit its type is ERROR, as it is an error in PostgreSQL.
#include <cmath>
#include <limits>

#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

// A type of whole numbers: Lane is how it lies in memory, Value the range that it may have.
template <typename LaneType, typename ValueType>
struct Whole {
  using Lane = LaneType;
  using Unsigned = std::make_unsigned_t<Lane>;
  static constexpr Lane kMin = std::numeric_limits<ValueType>::min();
  static constexpr Lane kMax = std::numeric_limits<ValueType>::max();
  static constexpr bool kFillsLane = sizeof(Lane) == sizeof(ValueType);

  // All ones if the value is outside of a range narrower than the lane.
  static Unsigned OutOfRange(Lane value) {
    if constexpr (kFillsLane) return 0;
    return -static_cast<Unsigned>((value < kMin) | (value > kMax));
  }
};
using Smallint = Whole<int32_t, int16_t>;
using Integer = Whole<int32_t, int32_t>;
using Bigint = Whole<int64_t, int64_t>;

struct OverflowOnly {
  template <typename... Values>
  static CellError Reason(Values...) {
    return CellError::kOverflow;
  }
};

template <typename Type>
struct Add : OverflowOnly {
  using Lane = typename Type::Lane;
  using Unsigned = typename Type::Unsigned;
  static Lane Apply(Lane a, Lane b, Unsigned& failed) {
    Lane sum = static_cast<Lane>(static_cast<Unsigned>(a) + static_cast<Unsigned>(b));
    // Both operands have the sign that the sum has not.
    failed |= static_cast<Unsigned>((a ^ sum) & (b ^ sum)) | Type::OutOfRange(sum);
    return sum;
  }
};

template <typename Type>
struct Subtract : OverflowOnly {
  using Lane = typename Type::Lane;
  using Unsigned = typename Type::Unsigned;
  static Lane Apply(Lane a, Lane b, Unsigned& failed) {
    Lane difference = static_cast<Lane>(static_cast<Unsigned>(a) - static_cast<Unsigned>(b));
    failed |= static_cast<Unsigned>((a ^ b) & (a ^ difference)) | Type::OutOfRange(difference);
    return difference;
  }
};

template <typename Type>
struct Multiply : OverflowOnly {
  using Lane = typename Type::Lane;
  using Unsigned = typename Type::Unsigned;
  static Lane Apply(Lane a, Lane b, Unsigned& failed) {
    if constexpr (sizeof(Lane) == 4) {
      int64_t product = static_cast<int64_t>(a) * b;
      Lane low = static_cast<Lane>(product);
      failed |= -static_cast<Unsigned>(product != low) | Type::OutOfRange(low);
      return low;
    } else {
      Lane product;
      failed |= -static_cast<Unsigned>(__builtin_mul_overflow(a, b, &product));
      return product;
    }
  }
};

// Divisors that have no result are replaced by 1, so that the division is defined on all lanes.
template <typename Type>
struct Divide {
  using Lane = typename Type::Lane;
  using Unsigned = typename Type::Unsigned;
  static Lane Apply(Lane a, Lane b, Unsigned& failed) {
    bool bad = (b == 0) | ((a == Type::kMin) & (b == -1));
    failed |= -static_cast<Unsigned>(bad);
    return a / (bad ? Lane{1} : b);
  }
  static CellError Reason(Lane, Lane b) { return b == 0 ? CellError::kDivisionByZero : CellError::kOverflow; }
};

template <typename Type>
struct Modulo {
  using Lane = typename Type::Lane;
  using Unsigned = typename Type::Unsigned;
  static Lane Apply(Lane a, Lane b, Unsigned& failed) {
    failed |= -static_cast<Unsigned>(b == 0);
    // Any number modulo -1 is 0; the machine's division traps on the least one.
    return a % (((b == 0) | (b == -1)) ? Lane{1} : b);
  }
  static CellError Reason(Lane, Lane) { return CellError::kDivisionByZero; }
};

template <typename Type>
struct Negate : OverflowOnly {
  using Lane = typename Type::Lane;
  using Unsigned = typename Type::Unsigned;
  static Lane Apply(Lane a, Unsigned& failed) {
    failed |= -static_cast<Unsigned>(a == Type::kMin);
    return static_cast<Lane>(-static_cast<Unsigned>(a));
  }
};

template <typename Type>
struct Absolute : OverflowOnly {
  using Lane = typename Type::Lane;
  using Unsigned = typename Type::Unsigned;
  static Lane Apply(Lane a, Unsigned& failed) {
    failed |= -static_cast<Unsigned>(a == Type::kMin);
    return a < 0 ? static_cast<Lane>(-static_cast<Unsigned>(a)) : a;
  }
};

constexpr uint64_t kTop = uint64_t{1} << 63;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

uint64_t FailIf(bool condition) { return condition ? kTop : 0; }
// 0 or 1: conditions of a lane are joined by bits, not by branches.
int IsInfinite(double value) { return std::fabs(value) == kInfinity; }
int IsFiniteOrNaN(double value) { return std::fabs(value) != kInfinity; }

// PostgreSQL: an infinite result of finite operands is an overflow; so is a zero that is none.
struct AddDouble : OverflowOnly {
  static double Apply(double a, double b, uint64_t& failed) {
    double sum = a + b;
    failed |= FailIf(IsInfinite(sum) & IsFiniteOrNaN(a) & IsFiniteOrNaN(b));
    return sum;
  }
};
struct SubtractDouble : OverflowOnly {
  static double Apply(double a, double b, uint64_t& failed) {
    double difference = a - b;
    failed |= FailIf(IsInfinite(difference) & IsFiniteOrNaN(a) & IsFiniteOrNaN(b));
    return difference;
  }
};
struct MultiplyDouble : OverflowOnly {
  static double Apply(double a, double b, uint64_t& failed) {
    double product = a * b;
    failed |=
        FailIf((IsInfinite(product) & IsFiniteOrNaN(a) & IsFiniteOrNaN(b)) | ((product == 0) & (a != 0) & (b != 0)));
    return product;
  }
};
struct DivideDouble {
  static double Apply(double a, double b, uint64_t& failed) {
    double quotient = a / b;
    failed |= FailIf(((b == 0) & (a == a)) | (IsInfinite(quotient) & IsFiniteOrNaN(a)) |
                     ((quotient == 0) & (a != 0) & IsFiniteOrNaN(b)));
    return quotient;
  }
  static CellError Reason(double, double b) { return b == 0 ? CellError::kDivisionByZero : CellError::kOverflow; }
};

template <typename Type>
void AddWhole(ScalarFunctionList* list, TypeKind kind) {
  using Lane = typename Type::Lane;
  auto binary = [&](std::string_view name, ScalarKernel kernel, std::string_view doc) {
    list->push_back({name, {kind, kind}, kind, kernel, doc});
  };
  binary("+", CheckedBinaryLanes<Lane, Lane, Lane, Add<Type>>, "The sum; ERROR if it does not fit.");
  binary("-", CheckedBinaryLanes<Lane, Lane, Lane, Subtract<Type>>, "The difference; ERROR if it does not fit.");
  binary("*", CheckedBinaryLanes<Lane, Lane, Lane, Multiply<Type>>, "The product; ERROR if it does not fit.");
  binary("/", CheckedBinaryLanes<Lane, Lane, Lane, Divide<Type>>, "The quotient, cut off towards zero.");
  binary("%", CheckedBinaryLanes<Lane, Lane, Lane, Modulo<Type>>,
         "The rest of the division, with the dividend's sign.");
  binary("mod", CheckedBinaryLanes<Lane, Lane, Lane, Modulo<Type>>,
         "The rest of the division, with the dividend's sign.");
  list->push_back({"-", {kind}, kind, CheckedUnaryLanes<Lane, Lane, Negate<Type>>, "The value with the other sign."});
  list->push_back({"abs", {kind}, kind, CheckedUnaryLanes<Lane, Lane, Absolute<Type>>, "The value without its sign."});
}

}  // namespace

void AddArithmeticFunctions(ScalarFunctionList* list) {
  AddWhole<Smallint>(list, TypeKind::kSmallint);
  AddWhole<Integer>(list, TypeKind::kInteger);
  AddWhole<Bigint>(list, TypeKind::kBigint);

  constexpr TypeKind kDouble = TypeKind::kDouble;
  auto binary = [&](std::string_view name, ScalarKernel kernel, std::string_view doc) {
    list->push_back({name, {kDouble, kDouble}, kDouble, kernel, doc});
    list->push_back({name, {TypeKind::kReal, kDouble}, kDouble, kernel, doc});
    list->push_back({name, {kDouble, TypeKind::kReal}, kDouble, kernel, doc});
  };
  binary("+", CheckedBinaryLanes<double, double, double, AddDouble>, "The sum; ERROR if finite operands overflow.");
  binary("-", CheckedBinaryLanes<double, double, double, SubtractDouble>, "The difference; ERROR if it overflows.");
  binary("*", CheckedBinaryLanes<double, double, double, MultiplyDouble>,
         "The product; ERROR if it over- or underflows.");
  binary("/", CheckedBinaryLanes<double, double, double, DivideDouble>, "The quotient; ERROR if the divisor is 0.");
  list->push_back({"-",
                   {kDouble},
                   kDouble,
                   [](KernelCall& call) { UnaryLanes<double, double>(call, [](double x) { return -x; }); },
                   "The value with the other sign."});
  list->push_back({"abs",
                   {kDouble},
                   kDouble,
                   [](KernelCall& call) { UnaryLanes<double, double>(call, [](double x) { return std::fabs(x); }); },
                   "The value without its sign."});
}

}  // namespace freshet
