#include "engine/expr/logic_kernels.h"

#include <cstring>

#include "engine/columnar/array.h"
#include "engine/expr/kernel_loops.h"
#include "engine/expr/value_order.h"
#include "engine/expr/value_set.h"

// Works on words of 64 rows: a row's state (TRUE, FALSE, NULL, ERROR) is a bit in each of a few words, so that any
// table of three-valued logic is a handful of AND and OR per 64 rows. Unselected rows are computed along.

namespace freshet {
namespace {

constexpr uint64_t kAllOnes = ~uint64_t{0};

uint64_t ConstantWord(bool bit) { return bit ? kAllOnes : 0; }

uint64_t ValidWord(const Vector& vector, size_t word) {
  if (vector.valid_bits() == nullptr) return kAllOnes;
  return vector.constant() ? ConstantWord(vector.IsValue(0)) : vector.valid_bits()[word];
}

uint64_t ErrorWord(const Vector& vector, size_t word) {
  if (vector.error_codes() == nullptr) return 0;
  return vector.constant() ? ConstantWord(vector.IsError(0)) : BitsOfNonzeroBytes(vector.error_codes() + word * 64);
}

uint64_t TrueWord(const Vector& vector, size_t word) {
  uint64_t bits = vector.constant() ? ConstantWord((vector.values<uint8_t>()[0] & 1) != 0)
                                    : BitsOfBytes(vector.values<uint8_t>() + word * 64);
  return bits & ValidWord(vector, word);
}

uint32_t RowsOfWord(const KernelCall& call, size_t word) {
  return std::min<uint32_t>(64, call.size() - static_cast<uint32_t>(word) * 64);
}

// Writes the words of a boolean result that compute(word, &is_true, &is_false) gives; the rest of the rows is invalid.
template <typename Compute>
void BooleanWords(KernelCall& call, Compute compute) {
  uint8_t* out = call.result<uint8_t>();
  uint64_t* valid = call.OwnValid();
  for (size_t word = 0; word < BitmapWords(call.size()); ++word) {
    uint64_t is_true = 0;
    uint64_t is_false = 0;
    compute(word, &is_true, &is_false);
    valid[word] = is_true | is_false;
    BytesOfBits(is_true, out + word * 64, RowsOfWord(call, word));
  }
}

// Gives the rows that are not valid in the result the first error of the arguments.
void CopyErrorsOfInvalid(KernelCall& call) {
  for (size_t i = 0; i < call.argument_count(); ++i) {
    const Vector& argument = call.argument(i);
    if (argument.error_codes() == nullptr) continue;
    uint8_t* errors = call.OwnErrors();
    for (uint32_t row = 0; row < call.size(); ++row) {
      if (errors[row] == 0 && !call.IsValid(row)) errors[row] = static_cast<uint8_t>(argument.ErrorAt(row));
    }
  }
}

bool HasInvalid(const Vector& vector) { return vector.valid_bits() != nullptr; }

template <typename T>
void EqualsOfType(const KernelCall& call, const Vector& a, const Vector& b, uint8_t* out) {
  if constexpr (std::is_arithmetic_v<T>) {
    ForLanes(call, [&](uint32_t row) { out[row] = ValueEquals(a.At<T>(row), b.At<T>(row)); });
  } else {
    ForSelected(call, [&](uint32_t row) {
      out[row] = a.IsValue(row) && b.IsValue(row) && ValueEquals(a.At<T>(row), b.At<T>(row));
    });
  }
}

// Of values of which cells are more than what is compared.
void EqualComparedBytes(const KernelCall& call, const Vector& a, const Vector& b, uint8_t* out) {
  auto compared = [](const Vector& vector, uint32_t row) {
    return ComparedBytes(vector.At<StringCell>(row).view(), vector.type());
  };
  ForSelected(
      call, [&](uint32_t row) { out[row] = a.IsValue(row) && b.IsValue(row) && compared(a, row) == compared(b, row); });
}

// One byte a row: whether two values are equal. Means nothing where one is not a value.
void Equals(const KernelCall& call, const Vector& a, const Vector& b, uint8_t* out) {
  CHECK(a.physical() == b.physical());
  switch (a.physical()) {
    case PhysicalType::kBool:
      return EqualsOfType<uint8_t>(call, a, b, out);
    case PhysicalType::kInt32:
      return EqualsOfType<int32_t>(call, a, b, out);
    case PhysicalType::kInt64:
      return EqualsOfType<int64_t>(call, a, b, out);
    case PhysicalType::kDouble:
      return EqualsOfType<double>(call, a, b, out);
    case PhysicalType::kNumeric:
      return EqualsOfType<Numeric>(call, a, b, out);
    case PhysicalType::kString:
      if (!HasOneForm(a.type()) || !HasOneForm(b.type())) return EqualComparedBytes(call, a, b, out);
      return EqualsOfType<StringCell>(call, a, b, out);
  }
}

// Moves values of a type without looking into them.
struct Bytes16 {
  uint64_t words[2];
};
struct Bytes24 {
  uint64_t words[3];
};

template <typename T>
void BlendValuesOf(KernelCall& call, const uint8_t* first_taken, const Vector& first, const Vector& second) {
  T* __restrict out = call.result<T>();
  const T* __restrict a = first.values<T>();
  const T* __restrict b = second.values<T>();
  if (!first.constant() && !second.constant()) {
    ForLanes(call, [&](uint32_t row) { out[row] = first_taken[row] != 0 ? a[row] : b[row]; });
  } else if (!first.constant()) {
    ForLanes(call, [&, value = *b](uint32_t row) { out[row] = first_taken[row] != 0 ? a[row] : value; });
  } else if (!second.constant()) {
    ForLanes(call, [&, value = *a](uint32_t row) { out[row] = first_taken[row] != 0 ? value : b[row]; });
  } else {
    ForLanes(call, [&, x = *a, y = *b](uint32_t row) { out[row] = first_taken[row] != 0 ? x : y; });
  }
}

void BlendValues(KernelCall& call, const uint8_t* first_taken, const Vector& first, const Vector& second) {
  switch (WidthOf(first.physical())) {
    case 1:
      return BlendValuesOf<uint8_t>(call, first_taken, first, second);
    case 4:
      return BlendValuesOf<uint32_t>(call, first_taken, first, second);
    case 8:
      return BlendValuesOf<uint64_t>(call, first_taken, first, second);
    case 16:
      return BlendValuesOf<Bytes16>(call, first_taken, first, second);
    case 24:
      return BlendValuesOf<Bytes24>(call, first_taken, first, second);
  }
  CHECK(false) << "no value has this width";
}

// The cell of `first` where take(word) has a bit, else that of `second`; rows with a bit in fail(word) stay invalid.
template <typename Take, typename Fail>
void Blend(KernelCall& call, const Vector& first, const Vector& second, Take take, Fail fail) {
  CHECK(first.physical() == second.physical());
  size_t words = BitmapWords(call.size());
  BufferRef taken_buffer = BufferRef::Allocate(words * 64);
  uint8_t* taken = taken_buffer.mutable_as<uint8_t>();
  for (size_t word = 0; word < words; ++word) BytesOfBits(take(word), taken + word * 64, RowsOfWord(call, word));
  BlendValues(call, taken, first, second);

  uint64_t any_invalid = 0;
  for (size_t word = 0; word < words; ++word) {
    uint64_t bits = take(word);
    any_invalid |= fail(word) | (bits & ~ValidWord(first, word)) | (~bits & ~ValidWord(second, word));
  }
  if (any_invalid != 0) {
    uint64_t* valid = call.OwnValid();
    for (size_t word = 0; word < words; ++word) {
      uint64_t bits = take(word);
      valid[word] = ((bits & ValidWord(first, word)) | (~bits & ValidWord(second, word))) & ~fail(word);
    }
    if (first.error_codes() != nullptr || second.error_codes() != nullptr) {
      uint8_t* errors = call.OwnErrors();
      for (uint32_t row = 0; row < call.size(); ++row) {
        errors[row] = static_cast<uint8_t>(taken[row] != 0 ? first.ErrorAt(row) : second.ErrorAt(row));
      }
    }
  }
  if (first.physical() == PhysicalType::kString) {
    call.ShareHeaps(first);
    call.ShareHeaps(second);
  }
}

template <typename T>
void IsOneOf(KernelCall& call) {
  const Vector& value = call.argument(0);
  const ValueSet& set = call.set();
  ComputeRows<uint8_t>(call, [&](uint32_t row) {
    const bool contained = set.Contains(value.At<T>(row));
    if (!contained && set.has_null()) call.SetNull(row);
    return static_cast<uint8_t>(contained);
  });
}

}  // namespace

void AndKernel(KernelCall& call) {
  const Vector& a = call.argument(0);
  const Vector& b = call.argument(1);
  if (!HasInvalid(a) && !HasInvalid(b)) {
    BinaryLanes<uint8_t, uint8_t, uint8_t>(call, [](uint8_t x, uint8_t y) { return static_cast<uint8_t>(x & y); });
    return;
  }
  BooleanWords(call, [&](size_t word, uint64_t* is_true, uint64_t* is_false) {
    uint64_t a_true = TrueWord(a, word);
    uint64_t b_true = TrueWord(b, word);
    *is_true = a_true & b_true;
    *is_false = (ValidWord(a, word) & ~a_true) | (ValidWord(b, word) & ~b_true);
  });
  CopyErrorsOfInvalid(call);
}

void OrKernel(KernelCall& call) {
  const Vector& a = call.argument(0);
  const Vector& b = call.argument(1);
  if (!HasInvalid(a) && !HasInvalid(b)) {
    BinaryLanes<uint8_t, uint8_t, uint8_t>(call, [](uint8_t x, uint8_t y) { return static_cast<uint8_t>(x | y); });
    return;
  }
  BooleanWords(call, [&](size_t word, uint64_t* is_true, uint64_t* is_false) {
    uint64_t a_true = TrueWord(a, word);
    uint64_t b_true = TrueWord(b, word);
    *is_true = a_true | b_true;
    *is_false = ValidWord(a, word) & ~a_true & ValidWord(b, word) & ~b_true;
  });
  CopyErrorsOfInvalid(call);
}

void IsOneOfKernel(KernelCall& call) {
  switch (call.argument(0).physical()) {
    case PhysicalType::kBool:
      return IsOneOf<uint8_t>(call);
    case PhysicalType::kInt32:
      return IsOneOf<int32_t>(call);
    case PhysicalType::kInt64:
      return IsOneOf<int64_t>(call);
    case PhysicalType::kDouble:
      return IsOneOf<double>(call);
    case PhysicalType::kNumeric:
      return IsOneOf<Numeric>(call);
    case PhysicalType::kString:
      return IsOneOf<StringCell>(call);
  }
}

void NotKernel(KernelCall& call) {
  call.PropagateInvalid(true);
  UnaryLanes<uint8_t, uint8_t>(call, [](uint8_t x) { return static_cast<uint8_t>(x ^ 1); });
}

void IsNullKernel(KernelCall& call) {
  const Vector& argument = call.argument(0);
  if (!HasInvalid(argument)) {
    std::memset(call.result<uint8_t>(), 0, call.size());
    return;
  }
  if (argument.error_codes() != nullptr) {
    BooleanWords(call, [&](size_t word, uint64_t* is_true, uint64_t* is_false) {
      *is_false = ValidWord(argument, word);
      *is_true = ~*is_false & ~ErrorWord(argument, word);
    });
    CopyErrorsOfInvalid(call);
    return;
  }
  uint8_t* out = call.result<uint8_t>();
  for (size_t word = 0; word < BitmapWords(call.size()); ++word) {
    BytesOfBits(~ValidWord(argument, word), out + word * 64, RowsOfWord(call, word));
  }
}

void IsDistinctFromKernel(KernelCall& call) {
  const Vector& a = call.argument(0);
  const Vector& b = call.argument(1);
  uint8_t* out = call.result<uint8_t>();
  Equals(call, a, b, out);
  if (!HasInvalid(a) && !HasInvalid(b)) {
    ForLanes(call, [&](uint32_t row) { out[row] ^= 1; });
    return;
  }
  bool any_error = a.error_codes() != nullptr || b.error_codes() != nullptr;
  BooleanWords(call, [&](size_t word, uint64_t* is_true, uint64_t* is_false) {
    uint64_t equal = BitsOfBytes(out + word * 64);
    uint64_t a_valid = ValidWord(a, word);
    uint64_t b_valid = ValidWord(b, word);
    uint64_t defined = any_error ? ~ErrorWord(a, word) & ~ErrorWord(b, word) : kAllOnes;
    uint64_t distinct = (a_valid & b_valid & ~equal) | (a_valid ^ b_valid);
    *is_true = distinct & defined;
    *is_false = ~distinct & defined;
  });
  if (any_error) CopyErrorsOfInvalid(call);
}

void NullIfKernel(KernelCall& call) {
  const Vector& a = call.argument(0);
  const Vector& b = call.argument(1);
  size_t words = BitmapWords(call.size());
  BufferRef equal_buffer = BufferRef::Allocate(words * 64);
  uint8_t* equal = equal_buffer.mutable_as<uint8_t>();
  Equals(call, a, b, equal);
  Blend(call, a, a, [](size_t) { return kAllOnes; }, [&](size_t word) { return ErrorWord(b, word); });
  uint64_t* valid = call.OwnValid();
  for (size_t word = 0; word < words; ++word) {
    valid[word] &= ~(BitsOfBytes(equal + word * 64) & ValidWord(a, word) & ValidWord(b, word));
  }
  if (b.error_codes() != nullptr) {
    uint8_t* errors = call.OwnErrors();
    for (uint32_t row = 0; row < call.size(); ++row) {
      if (errors[row] == 0) errors[row] = static_cast<uint8_t>(b.ErrorAt(row));
    }
  }
}

void ChooseKernel(KernelCall& call) {
  const Vector& condition = call.argument(0);
  const Vector& first = call.argument(1);
  const Vector& second = call.argument(2);
  Blend(
      call, first, second, [&](size_t word) { return TrueWord(condition, word); },
      [&](size_t word) { return ErrorWord(condition, word); });
  if (condition.error_codes() == nullptr) return;
  uint8_t* errors = call.OwnErrors();
  for (uint32_t row = 0; row < call.size(); ++row) {
    if (condition.IsError(row)) errors[row] = static_cast<uint8_t>(condition.ErrorAt(row));
  }
}

void CoalesceKernel(KernelCall& call) {
  const Vector& first = call.argument(0);
  Blend(
      call, first, call.argument(1), [&](size_t word) { return ValidWord(first, word) | ErrorWord(first, word); },
      [](size_t) { return uint64_t{0}; });
}

void IfErrorKernel(KernelCall& call) {
  const Vector& first = call.argument(0);
  Blend(
      call, first, call.argument(1), [&](size_t word) { return ~ErrorWord(first, word); },
      [](size_t) { return uint64_t{0}; });
}

}  // namespace freshet
