// Arrays: made, put together, taken apart, measured.
#include "engine/columnar/array.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/cell_datum.h"
#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

std::string_view CellAt(const Vector& arrays, uint32_t row) { return arrays.At<StringCell>(row).view(); }

int64_t CountAt(const Vector& arrays, uint32_t row) { return CountElements(CellAt(arrays, row), arrays.type()); }

void OfOne(KernelCall& call) {
  const Vector& element = call.argument(0);
  ArrayWriter writer(call.result_type());
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    writer.Append(element.IsValue(row) ? CellDatum(element, row) : Datum::Null());
    return call.TextOrFail(row, writer.Finish());
  });
}

// NULL is as no array.
void Concatenate(KernelCall& call) {
  const Vector& a = call.argument(0);
  const Vector& b = call.argument(1);
  call.ShareHeaps(a);
  call.ShareHeaps(b);
  ArrayWriter writer(call.result_type());
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    if (!a.IsValue(row) && !b.IsValue(row)) call.SetNull(row);
    if (!a.IsValue(row)) return b.IsValue(row) ? b.At<StringCell>(row) : StringCell();
    if (!b.IsValue(row)) return a.At<StringCell>(row);
    for (const Vector* part : {&a, &b}) {
      ArrayReader reader(CellAt(*part, row), part->type());
      for (ArrayElement element; reader.Next(&element);) writer.Append(element);
    }
    return call.TextOrFail(row, writer.Finish());
  });
}

void Length(KernelCall& call) {
  ComputeRows<int32_t>(call, [&](uint32_t row) { return static_cast<int32_t>(CountAt(call.argument(0), row)); });
}

// Of a dimension: an array has one, or none where it is empty.
template <int32_t (*kMeasure)(int64_t count)>
void OfDimension(KernelCall& call) {
  ComputeRows<int32_t>(call, [&](uint32_t row) {
    const int64_t count = CountAt(call.argument(0), row);
    if (count == 0 || call.argument(1).At<int32_t>(row) != 1) {
      call.SetNull(row);
      return 0;
    }
    return kMeasure(count);
  });
}
int32_t LowerBound(int64_t) { return 1; }
int32_t UpperBound(int64_t count) { return static_cast<int32_t>(count); }

void Dimensions(KernelCall& call) {
  ComputeRows<int32_t>(call, [&](uint32_t row) {
    if (CountAt(call.argument(0), row) == 0) call.SetNull(row);
    return 1;
  });
}

void DimensionsText(KernelCall& call) {
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    const int64_t count = CountAt(call.argument(0), row);
    if (count > 0) return call.Text("[1:" + std::to_string(count) + "]");
    call.SetNull(row);
    return StringCell();
  });
}

template <typename T, typename Take>
void ElementsAt(KernelCall& call, Take take) {
  const Vector& arrays = call.argument(0);
  ComputeRows<T>(call, [&](uint32_t row) {
    ArrayElement element;
    if (!FindElement(CellAt(arrays, row), arrays.type(), call.argument(1).At<int32_t>(row), &element) ||
        element.is_null()) {
      call.SetNull(row);
      return T();
    }
    return take(row, DatumOf(element, arrays.type()));
  });
}

void Subscript(KernelCall& call) {
  switch (PhysicalOf(call.result_type().kind)) {
    case PhysicalType::kBool:
      return ElementsAt<uint8_t>(call, [](uint32_t, const Datum& value) { return uint8_t{value.bool_value()}; });
    case PhysicalType::kInt32:
      return ElementsAt<int32_t>(call,
                                 [](uint32_t, const Datum& value) { return static_cast<int32_t>(value.int_value()); });
    case PhysicalType::kInt64:
      return ElementsAt<int64_t>(call, [](uint32_t, const Datum& value) { return value.int_value(); });
    case PhysicalType::kDouble:
      return ElementsAt<double>(call, [](uint32_t, const Datum& value) { return value.double_value(); });
    case PhysicalType::kNumeric:
      return ElementsAt<Numeric>(call, [](uint32_t, const Datum& value) { return value.numeric_value(); });
    case PhysicalType::kString:
      return ElementsAt<StringCell>(
          call, [&](uint32_t row, const Datum& value) { return call.TextOrFail(row, value.text_value()); });
  }
}

// The elements from an index to another, as far as there are any.
StringCell SliceOf(KernelCall& call, uint32_t row, int64_t from, int64_t to) {
  const Vector& arrays = call.argument(0);
  ArrayWriter writer(call.result_type());
  ArrayReader reader(CellAt(arrays, row), arrays.type());
  ArrayElement element;
  for (int64_t index = 1; index <= to && reader.Next(&element); ++index) {
    if (index >= from) writer.Append(element);
  }
  return call.TextOrFail(row, writer.Finish());
}

void Slice(KernelCall& call) {
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    return SliceOf(call, row, call.argument(1).At<int32_t>(row), call.argument(2).At<int32_t>(row));
  });
}

void Trim(KernelCall& call) {
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    const int64_t count = CountAt(call.argument(0), row);
    const int32_t trimmed = call.argument(1).At<int32_t>(row);
    if (trimmed >= 0 && trimmed <= count) return SliceOf(call, row, 1, count - trimmed);
    call.Fail(row, CellError::kInvalidArgument);
    return StringCell();
  });
}

}  // namespace

void AddArrayFunctions(ScalarFunctionList* list) {
  using enum TypeKind;
  for (size_t kind = 0; kind < kTypeKinds; ++kind) {
    const auto element = static_cast<TypeKind>(kind);
    if (element == kArray) continue;
    list->push_back({"array", {element}, kArray, OfOne, "The array of one element; ARRAY[a, b, ...].", false});
  }
  auto add = [&](std::string_view name, std::vector<TypeKind> arguments, std::optional<TypeKind> result,
                 ScalarKernel kernel, std::string_view doc) -> ScalarFunction& {
    list->push_back({name, std::move(arguments), result, kernel, doc});
    return list->back();
  };
  auto put_together = [&](std::string_view name, std::string_view doc) -> ScalarFunction& {
    ScalarFunction& function = add(name, {kArray, kArray}, kArray, Concatenate, doc);
    function.strict = false;
    return function;
  };
  put_together("||", "Both arrays' elements; also with an element on one side. NULL is as no array.");
  put_together("array_cat", "Both arrays' elements; NULL is as no array.");
  put_together("array_append", "With an element behind the others.").element_arguments = 0b10;
  put_together("array_prepend", "With an element in front of the others.").element_arguments = 0b01;
  add("[]", {kArray, kInteger}, std::nullopt, Subscript,
      "The element at an index, from 1: a[i]; NULL if there is none.");
  add("[:]", {kArray, kInteger, kInteger}, kArray, Slice, "The elements from an index to another: a[i:j].");
  add("trim_array", {kArray, kInteger}, kArray, Trim, "Without so many elements at the end; ERROR if there are fewer.");
  add("cardinality", {kArray}, kInteger, Length, "The number of elements.");
  add("array_length", {kArray, kInteger}, kInteger, OfDimension<UpperBound>,
      "The number of elements in dimension 1; NULL if there are none, or in another dimension.");
  add("array_upper", {kArray, kInteger}, kInteger, OfDimension<UpperBound>, "The last index in dimension 1.");
  add("array_lower", {kArray, kInteger}, kInteger, OfDimension<LowerBound>,
      "The first index in dimension 1, which is 1.");
  add("array_ndims", {kArray}, kInteger, Dimensions, "1; NULL if the array is empty.");
  add("array_dims", {kArray}, kText, DimensionsText, "The first and last index, as [1:3]; NULL if the array is empty.");
}

}  // namespace freshet
