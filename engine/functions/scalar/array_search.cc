// What is in arrays. Elements are compared by their keys. What is written as an element comes as an array of one.
#include <algorithm>
#include <string_view>
#include <vector>

#include "engine/columnar/array.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

using Keys = std::vector<std::string_view>;

ArrayReader ReaderAt(const Vector& arrays, uint32_t row) { return {arrays.At<StringCell>(row).view(), arrays.type()}; }

ArrayElement OnlyElement(const Vector& arrays, uint32_t row) {
  ArrayElement element;
  ReaderAt(arrays, row).Next(&element);
  return element;
}

// The keys of the elements that are not NULL, ascending; whether there were NULLs.
bool SortedKeys(const Vector& arrays, uint32_t row, Keys* keys) {
  keys->clear();
  bool nulls = false;
  ArrayReader reader = ReaderAt(arrays, row);
  for (ArrayElement element; reader.Next(&element);) {
    element.is_null() ? void(nulls = true) : keys->push_back(element.key);
  }
  std::ranges::sort(*keys);
  return nulls;
}

// A NULL element is in no array.
template <size_t kWhole>
void Contains(KernelCall& call) {
  Keys whole, part;
  ComputeRows<uint8_t>(call, [&](uint32_t row) {
    SortedKeys(call.argument(kWhole), row, &whole);
    if (SortedKeys(call.argument(1 - kWhole), row, &part)) return uint8_t{0};
    return static_cast<uint8_t>(
        std::ranges::all_of(part, [&](std::string_view key) { return std::ranges::binary_search(whole, key); }));
  });
}

void Overlap(KernelCall& call) {
  Keys a, b;
  ComputeRows<uint8_t>(call, [&](uint32_t row) {
    SortedKeys(call.argument(0), row, &a);
    SortedKeys(call.argument(1), row, &b);
    return static_cast<uint8_t>(
        std::ranges::any_of(b, [&](std::string_view key) { return std::ranges::binary_search(a, key); }));
  });
}

// The first index from `start` on at which `wanted` stands; 0: there is none.
int32_t FindFrom(ArrayReader reader, std::string_view wanted, int64_t start) {
  ArrayElement element;
  for (int32_t index = 1; reader.Next(&element); ++index) {
    if (index >= start && element.key == wanted) return index;
  }
  return 0;
}

void Position(KernelCall& call) {
  ComputeRows<int32_t>(call, [&](uint32_t row) {
    const int64_t start = call.argument_count() > 2 ? call.argument(2).At<int32_t>(row) : 1;
    const int32_t found = FindFrom(ReaderAt(call.argument(0), row), OnlyElement(call.argument(1), row).key, start);
    if (found == 0) call.SetNull(row);
    return found;
  });
}

void Positions(KernelCall& call) {
  ArrayWriter writer(call.result_type());
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    const std::string_view wanted = OnlyElement(call.argument(1), row).key;
    ArrayReader reader = ReaderAt(call.argument(0), row);
    ArrayElement element;
    for (int64_t index = 1; reader.Next(&element); ++index) {
      if (element.key == wanted) writer.Append(Datum::Int(index));
    }
    return call.TextOrFail(row, writer.Finish());
  });
}

// Without the elements that are argument 1, or with argument 2 in their places.
template <bool kReplaces>
void Remove(KernelCall& call) {
  ArrayWriter writer(call.result_type());
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    const std::string_view wanted = OnlyElement(call.argument(1), row).key;
    ArrayReader reader = ReaderAt(call.argument(0), row);
    for (ArrayElement element; reader.Next(&element);) {
      if (element.key != wanted) {
        writer.Append(element);
      } else if (kReplaces) {
        writer.Append(OnlyElement(call.argument(2), row));
      }
    }
    return call.TextOrFail(row, writer.Finish());
  });
}

struct Equal {
  static constexpr bool Holds(int order) { return order == 0; }
};
struct NotEqual {
  static constexpr bool Holds(int order) { return order != 0; }
};
struct Less {
  static constexpr bool Holds(int order) { return order < 0; }
};
struct LessOrEqual {
  static constexpr bool Holds(int order) { return order <= 0; }
};
struct Greater {
  static constexpr bool Holds(int order) { return order > 0; }
};
struct GreaterOrEqual {
  static constexpr bool Holds(int order) { return order >= 0; }
};

// x <comparison> ANY (array), or ALL: as OR or AND over the elements. What decides is TRUE for ANY, FALSE for ALL.
template <typename Comparison, bool kAny>
void Quantify(KernelCall& call) {
  ComputeRows<uint8_t>(call, [&](uint32_t row) {
    const ArrayElement left = OnlyElement(call.argument(0), row);
    bool unknown = false;
    ArrayReader reader = ReaderAt(call.argument(1), row);
    for (ArrayElement element; reader.Next(&element);) {
      if (left.is_null() || element.is_null()) {
        unknown = true;
      } else if (Comparison::Holds(left.key.compare(element.key)) == kAny) {
        return uint8_t{kAny};
      }
    }
    if (unknown) call.SetNull(row);
    return uint8_t{!kAny};
  });
}

template <typename Comparison>
void AddQuantified(ScalarFunctionList* list, std::string_view any, std::string_view all) {
  using enum TypeKind;
  auto add = [&](std::string_view name, ScalarKernel kernel, std::string_view doc) {
    list->push_back({name, {kArray, kArray}, kBoolean, kernel, doc});
    list->back().element_arguments = 0b01;
  };
  add(any, Quantify<Comparison, true>, "Whether it holds for an element of the array: x = ANY (a).");
  add(all, Quantify<Comparison, false>, "Whether it holds for all elements of the array: x <> ALL (a).");
}

}  // namespace

void AddArraySearchFunctions(ScalarFunctionList* list) {
  using enum TypeKind;
  auto add = [&](std::string_view name, std::vector<TypeKind> arguments, TypeKind result, ScalarKernel kernel,
                 std::string_view doc, uint32_t element_arguments = 0) {
    list->push_back({name, std::move(arguments), result, kernel, doc});
    list->back().element_arguments = element_arguments;
  };
  add("@>", {kArray, kArray}, kBoolean, Contains<0>, "Whether the first array has all elements of the second.");
  add("<@", {kArray, kArray}, kBoolean, Contains<1>, "Whether the second array has all elements of the first.");
  add("&&", {kArray, kArray}, kBoolean, Overlap, "Whether the arrays have an element in common.");
  add("array_position", {kArray, kArray}, kInteger, Position,
      "The first index of an element, NULL too; NULL if it is not there.", 0b10);
  add("array_position", {kArray, kArray, kInteger}, kInteger, Position,
      "The first index of an element from an index on; NULL if it is not there.", 0b10);
  add("array_positions", {kArray, kArray}, kArray, Positions, "All indexes of an element.", 0b10);
  list->back().elements = ResultElements::kInteger;
  add("array_remove", {kArray, kArray}, kArray, Remove<false>, "Without the elements that are this one.", 0b10);
  add("array_replace", {kArray, kArray, kArray}, kArray, Remove<true>,
      "With another element in place of those that are this one.", 0b110);
  AddQuantified<Equal>(list, "= any", "= all");
  AddQuantified<NotEqual>(list, "<> any", "<> all");
  AddQuantified<Less>(list, "< any", "< all");
  AddQuantified<LessOrEqual>(list, "<= any", "<= all");
  AddQuantified<Greater>(list, "> any", "> all");
  AddQuantified<GreaterOrEqual>(list, ">= any", ">= all");
}

}  // namespace freshet
