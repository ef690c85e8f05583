// jsonb: its operators, and what it is made of and becomes.
#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "engine/columnar/json_text.h"
#include "engine/columnar/json_value.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/cell_datum.h"
#include "engine/functions/scalar/families.h"
#include "engine/functions/scalar/numeric_arithmetic.h"

namespace freshet {
namespace {

std::string_view JsonAt(const Vector& vector, uint32_t row) { return vector.At<StringCell>(row).view(); }

bool IsContainer(JsonKind kind) { return kind == JsonKind::kObject || kind == JsonKind::kArray; }

using Found = std::optional<std::string_view>;

// `find(row)` gives a JSON value; no value: NULL. As JSON, or as text: strings without their quotes, null as NULL.
template <bool kAsText, typename Find>
void FindRows(KernelCall& call, Find find) {
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    Found found = find(row);
    if (found && kAsText && JsonKindOf(*found) == JsonKind::kNull) found.reset();
    if (!found) {
      call.SetNull(row);
      return StringCell();
    }
    if (kAsText && JsonKindOf(*found) == JsonKind::kString) return call.Text(JsonStringValue(*found));
    return call.Text(*found);
  });
}

template <bool kAsText>
void MemberKernel(KernelCall& call) {
  FindRows<kAsText>(
      call, [&](uint32_t row) { return JsonMember(JsonAt(call.argument(0), row), JsonAt(call.argument(1), row)); });
}

template <bool kAsText>
void ElementKernel(KernelCall& call) {
  FindRows<kAsText>(call, [&](uint32_t row) -> Found {
    const std::string_view json = JsonAt(call.argument(0), row);
    const int32_t place = call.argument(1).At<int32_t>(row);
    // In PostgreSQL a scalar is an array of one here.
    if (!IsContainer(JsonKindOf(json)) && (place == 0 || place == -1)) return json;
    return JsonElement(json, place);
  });
}

// A path is written as PostgreSQL's array of texts: {a,0,"b c"}. No value: it is none.
std::optional<std::vector<std::string>> ReadPath(std::string_view text) {
  std::vector<std::string> steps;
  if (!text.starts_with('{') || !text.ends_with('}') || text.size() < 2) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  while (!text.empty()) {
    std::string& step = steps.emplace_back();
    while (text.starts_with(' ')) text.remove_prefix(1);
    if (text.starts_with('"')) {
      size_t at = 1;
      for (; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        step.push_back(text[at]);
      }
      if (at >= text.size()) return std::nullopt;
      text.remove_prefix(at + 1);
    } else {
      const size_t end = std::min(text.find(','), text.size());
      step = text.substr(0, end);
      while (step.ends_with(' ')) step.pop_back();
      if (step.empty() || step.find_first_of("{}\"") != std::string::npos) return std::nullopt;
      text.remove_prefix(end);
    }
    while (text.starts_with(' ')) text.remove_prefix(1);
    if (text.empty()) break;
    if (!text.starts_with(',') || text.size() == 1) return std::nullopt;
    text.remove_prefix(1);
  }
  return steps;
}

Found Follow(std::string_view json, const std::vector<std::string>& path) {
  Found at = json;
  for (const std::string& step : path) {
    if (JsonKindOf(*at) == JsonKind::kArray) {
      int32_t place = 0;
      auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), place);
      if (error != std::errc() || end != step.data() + step.size()) return std::nullopt;
      at = JsonElement(*at, place);
    } else {
      at = JsonMember(*at, step);
    }
    if (!at) return std::nullopt;
  }
  return at;
}

template <bool kAsText>
void PathKernel(KernelCall& call) {
  FindRows<kAsText>(call, [&](uint32_t row) -> Found {
    std::optional<std::vector<std::string>> path = ReadPath(JsonAt(call.argument(1), row));
    if (path) return Follow(JsonAt(call.argument(0), row), *path);
    call.Fail(row, CellError::kInvalidText);
    return std::nullopt;
  });
}

std::string CheckPath(std::span<const Datum* const> constants) {
  if (constants[1] == nullptr || !constants[1]->is_value() || ReadPath(constants[1]->text_value())) return "";
  return "a path into JSON is written as {a,0,b}";
}

// Whether a name, or a string as an element, is there.
bool HasName(std::string_view json, std::string_view name) {
  bool found = false;
  switch (JsonKindOf(json)) {
    case JsonKind::kObject:
      return JsonMember(json, name).has_value();
    case JsonKind::kArray:
      ForEachJsonElement(json, [&](std::string_view element) {
        found = JsonKindOf(element) == JsonKind::kString && JsonStringValue(element) == name;
        return !found;
      });
      return found;
    case JsonKind::kString:
      return JsonStringValue(json) == name;
    case JsonKind::kNumber:
    case JsonKind::kBoolean:
    case JsonKind::kNull:
      return false;
  }
  __builtin_unreachable();
}

void HasKernel(KernelCall& call) {
  ComputeRows<uint8_t>(call, [&](uint32_t row) {
    return static_cast<uint8_t>(HasName(JsonAt(call.argument(0), row), JsonAt(call.argument(1), row)));
  });
}

bool ScalarsEqual(std::string_view a, std::string_view b) {
  if (a == b || JsonKindOf(a) != JsonKind::kNumber || JsonKindOf(b) != JsonKind::kNumber) return a == b;
  std::optional<Numeric> x = ParseNumeric(a), y = ParseNumeric(b);
  return x && y && *x == *y;
}

// Whether `whole` has all that `part` has. `top`: an array may also hold a scalar.
bool Contains(std::string_view whole, std::string_view part, bool top) {
  const JsonKind kind = JsonKindOf(whole), wanted = JsonKindOf(part);
  bool all = true;
  if (kind == JsonKind::kArray && (wanted == JsonKind::kArray || (top && !IsContainer(wanted)))) {
    auto holds = [&](std::string_view element) {
      bool found = false;
      ForEachJsonElement(whole, [&](std::string_view each) {
        found = IsContainer(JsonKindOf(element))
                    ? JsonKindOf(each) == JsonKindOf(element) && Contains(each, element, false)
                    : ScalarsEqual(each, element);
        return !found;
      });
      return found;
    };
    if (wanted != JsonKind::kArray) return holds(part);
    ForEachJsonElement(part, [&](std::string_view element) { return all = holds(element); });
    return all;
  }
  if (kind != wanted) return false;
  if (kind != JsonKind::kObject) return ScalarsEqual(whole, part);
  ForEachJsonMember(part, [&](std::string_view name, std::string_view value) {
    bool found = false;
    ForEachJsonMember(whole, [&](std::string_view each, std::string_view its) {
      if (each != name) return true;
      found = Contains(its, value, false);
      return false;
    });
    return all = found;
  });
  return all;
}

template <size_t kWhole>
void ContainsKernel(KernelCall& call) {
  ComputeRows<uint8_t>(call, [&](uint32_t row) {
    return static_cast<uint8_t>(
        Contains(JsonAt(call.argument(kWhole), row), JsonAt(call.argument(1 - kWhole), row), true));
  });
}

void TypeOf(KernelCall& call) {
  static constexpr std::string_view kNames[] = {"object", "array", "string", "number", "boolean", "null"};
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    return call.Text(kNames[static_cast<size_t>(JsonKindOf(JsonAt(call.argument(0), row)))]);
  });
}

void ArrayLength(KernelCall& call) {
  ComputeRows<int32_t>(call, [&](uint32_t row) {
    const std::string_view json = JsonAt(call.argument(0), row);
    if (JsonKindOf(json) == JsonKind::kArray) return static_cast<int32_t>(CountJsonElements(json));
    call.Fail(row, CellError::kInvalidArgument);
    return 0;
  });
}

void ToJson(KernelCall& call) {
  const Vector& value = call.argument(0);
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    std::string json;
    AppendJsonOf(CellDatum(value, row), value.type(), &json);
    return call.TextOrFail(row, json);
  });
}

void FromText(KernelCall& call) {
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    if (std::optional<std::string> json = CanonicalJson(JsonAt(call.argument(0), row))) return call.Text(*json);
    call.Fail(row, CellError::kInvalidText);
    return StringCell();
  });
}

void ToText(KernelCall& call) {
  const Vector& json = call.argument(0);
  call.ShareHeaps(json);
  ComputeRows<StringCell>(call, [&](uint32_t row) { return json.At<StringCell>(row); });
}

// A number as the type; `fit` gives no value where it is out of range.
template <typename R, typename Fit>
void NumberOf(KernelCall& call, Fit fit) {
  ComputeRows<R>(call, [&](uint32_t row) {
    const std::string_view json = JsonAt(call.argument(0), row);
    std::optional<Numeric> number;
    if (JsonKindOf(json) == JsonKind::kNumber) number = ParseNumeric(json);
    std::optional<R> value = number ? fit(*number) : std::nullopt;
    if (value) return *value;
    call.Fail(row, JsonKindOf(json) == JsonKind::kNumber ? CellError::kOverflow : CellError::kInvalidArgument);
    return R{};
  });
}

template <typename Lane, typename Value>
void ToWhole(KernelCall& call) {
  NumberOf<Lane>(call, [](const Numeric& number) -> std::optional<Lane> {
    std::optional<int64_t> whole = Int64FromNumeric(number);
    if (!whole || *whole != static_cast<Value>(*whole)) return std::nullopt;
    return static_cast<Lane>(*whole);
  });
}

void ToNumeric(KernelCall& call) {
  NumberOf<Numeric>(call, [&](const Numeric& number) { return FitNumeric(number, call.result_type()); });
}

void ToDouble(KernelCall& call) {
  NumberOf<double>(call, [](const Numeric& number) { return std::optional(DoubleFromNumeric(number)); });
}

void ToBoolean(KernelCall& call) {
  ComputeRows<uint8_t>(call, [&](uint32_t row) {
    const std::string_view json = JsonAt(call.argument(0), row);
    if (JsonKindOf(json) != JsonKind::kBoolean) call.Fail(row, CellError::kInvalidArgument);
    return static_cast<uint8_t>(json == "true");
  });
}

// Objects together, the second one's members for equal names; else as arrays one behind the other.
void Concatenate(KernelCall& call) {
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    const std::string_view a = JsonAt(call.argument(0), row), b = JsonAt(call.argument(1), row);
    const bool objects = JsonKindOf(a) == JsonKind::kObject && JsonKindOf(b) == JsonKind::kObject;
    auto inside = [&](std::string_view json) {
      return objects || JsonKindOf(json) == JsonKind::kArray ? json.substr(1, json.size() - 2) : json;
    };
    std::string joined(1, objects ? '{' : '[');
    joined.append(inside(a)).append(inside(a).empty() || inside(b).empty() ? "" : ", ").append(inside(b));
    joined.push_back(objects ? '}' : ']');
    if (joined.size() <= kMaxTextBytes) return call.Text(*CanonicalJson(joined));
    call.Fail(row, CellError::kTooLarge);
    return StringCell();
  });
}

// Without the member of a name, or without the elements that are this string.
void RemoveName(KernelCall& call) {
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    const std::string_view json = JsonAt(call.argument(0), row), name = JsonAt(call.argument(1), row);
    std::string left;
    auto keep = [&](std::string_view part) {
      if (!left.empty()) left.append(", ");
      left.append(part);
    };
    std::string quoted;
    AppendJsonText(name, &quoted);
    switch (JsonKindOf(json)) {
      case JsonKind::kObject:
        ForEachJsonMember(json, [&](std::string_view each, std::string_view value) {
          if (each != std::string_view(quoted).substr(1, quoted.size() - 2)) {
            keep(std::string("\"").append(each).append("\": ").append(value));
          }
          return true;
        });
        return call.Text("{" + left + "}");
      case JsonKind::kArray:
        ForEachJsonElement(json, [&](std::string_view each) {
          if (each != quoted) keep(each);
          return true;
        });
        return call.Text("[" + left + "]");
      case JsonKind::kString:
      case JsonKind::kNumber:
      case JsonKind::kBoolean:
      case JsonKind::kNull:
        call.Fail(row, CellError::kInvalidArgument);
        return StringCell();
    }
    __builtin_unreachable();
  });
}

}  // namespace

void AddJsonFunctions(ScalarFunctionList* list) {
  using enum TypeKind;
  auto add = [&](std::string_view name, std::vector<TypeKind> arguments, TypeKind result, ScalarKernel kernel,
                 std::string_view doc) { list->push_back({name, std::move(arguments), result, kernel, doc}); };
  add("->", {kJsonb, kText}, kJsonb, MemberKernel<false>, "The member of a name; NULL if there is none.");
  add("->", {kJsonb, kInteger}, kJsonb, ElementKernel<false>,
      "The element at a place, from 0, or from the end, from -1.");
  add("->>", {kJsonb, kText}, kText, MemberKernel<true>, "The member of a name as text.");
  add("->>", {kJsonb, kInteger}, kText, ElementKernel<true>, "The element at a place as text.");
  list->push_back(
      {"#>", {kJsonb, kText}, kJsonb, PathKernel<false>, "What stands at a path: '{a,0,b}'.", true, 1, CheckPath});
  list->push_back(
      {"#>>", {kJsonb, kText}, kText, PathKernel<true>, "What stands at a path, as text.", true, 1, CheckPath});
  add("?", {kJsonb, kText}, kBoolean, HasKernel, "Whether it has a member of this name, or this string as an element.");
  add("@>", {kJsonb, kJsonb}, kBoolean, ContainsKernel<0>, "Whether the first has all that the second has.");
  add("<@", {kJsonb, kJsonb}, kBoolean, ContainsKernel<1>, "Whether the second has all that the first has.");
  add("||", {kJsonb, kJsonb}, kJsonb, Concatenate, "Both objects' members, or both arrays' elements.");
  add("-", {kJsonb, kText}, kJsonb, RemoveName, "Without the member of a name, or the elements that are this string.");
  add("jsonb_typeof", {kJsonb}, kText, TypeOf, "object, array, string, number, boolean or null.");
  add("jsonb_array_length", {kJsonb}, kInteger, ArrayLength, "The number of elements; ERROR if it is no array.");
  for (size_t kind = 0; kind < kTypeKinds; ++kind) {
    add("to_jsonb", {static_cast<TypeKind>(kind)}, kJsonb, ToJson, "The value as JSON.");
  }
}

void AddJsonCasts(ScalarFunctionList* list) {
  using enum TypeKind;
  constexpr std::string_view kNumber = "The number; ERROR if it is none or does not fit.";
  auto add = [&](TypeKind from, TypeKind to, ScalarKernel kernel, std::string_view doc) {
    list->push_back({"cast", {from}, to, kernel, doc});
  };
  add(kText, kJsonb, FromText, "Reads JSON.");
  add(kJsonb, kText, ToText, "Writes JSON.");
  add(kJsonb, kBoolean, ToBoolean, "The boolean; ERROR if it is none.");
  add(kJsonb, kSmallint, ToWhole<int32_t, int16_t>, kNumber);
  add(kJsonb, kInteger, ToWhole<int32_t, int32_t>, kNumber);
  add(kJsonb, kBigint, ToWhole<int64_t, int64_t>, kNumber);
  add(kJsonb, kNumeric, ToNumeric, kNumber);
  add(kJsonb, kDouble, ToDouble, kNumber);
}

}  // namespace freshet
