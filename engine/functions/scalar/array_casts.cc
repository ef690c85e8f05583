// Arrays as texts and of texts; casts of arrays, which are those of their elements.
#include <optional>
#include <string>
#include <vector>

#include "engine/columnar/array.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/cast_list.h"
#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

// Values cast as a call of a cast does it.
Column CastColumn(const Column& values, DataType to) {
  if (values.size() == 0) return ColumnBuilder(to).Finish();
  const ScalarFunction* cast = FindCast(values.type().kind, to.kind);
  if (cast == nullptr) return values.As(to);
  const Vector argument(values, false);
  const Vector* arguments[] = {&argument};
  const Selection all;
  BufferPool pool;
  Cells cells;
  KernelCall call(values.size(), all, arguments, to, pool, /*escapes=*/true, cells);
  call.PropagateInvalid(cast->strict);
  cast->kernel(call);
  return Column(to, values.size(), std::move(cells.values), std::move(cells.valid), std::move(cells.errors),
                std::move(cells.heaps));
}

// The elements of the arrays of all rows that a call computes, one after another, cast at once.
class CastElements {
 public:
  CastElements(const KernelCall& call, DataType to) {
    const Vector& arrays = call.argument(0);
    ColumnBuilder elements(ElementOf(arrays.type()));
    ForSelected(call, [&](uint32_t row) {
      if (!call.IsValid(row) || !arrays.IsValue(row)) return;
      ArrayReader reader(arrays.At<StringCell>(row).view(), arrays.type());
      for (ArrayElement element; reader.Next(&element);) AppendDatum(DatumOf(element, arrays.type()), elements);
    });
    cast_ = CastColumn(elements.Finish(), to);
  }

  // The next elements, those of one row: rows are asked for in order, those without an array left out.
  template <typename Visit>
  void Next(int64_t count, Visit visit) {
    for (; count > 0; --count) visit(DatumAt(cast_, next_++));
  }

 private:
  Column cast_;
  uint32_t next_ = 0;
};

int64_t CountAt(const Vector& arrays, uint32_t row) {
  return CountElements(arrays.At<StringCell>(row).view(), arrays.type());
}

void FromArray(KernelCall& call) {
  const DataType type = call.result_type();
  const Vector& arrays = call.argument(0);
  if (arrays.type().element == type.element && !type.has_modifier()) {
    call.ShareHeaps(arrays);
    return ComputeRows<StringCell>(call, [&](uint32_t row) { return arrays.At<StringCell>(row); });
  }
  CastElements elements(call, ElementOf(type));
  ArrayWriter writer(type);
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    std::optional<CellError> error;
    elements.Next(CountAt(arrays, row), [&](const Datum& value) {
      if (value.is_error()) {
        if (!error) error = value.error();
      } else {
        writer.Append(value);
      }
    });
    const std::string cell = writer.Finish();
    if (!error) return call.TextOrFail(row, cell);
    call.Fail(row, *error);
    return StringCell();
  });
}

// PostgreSQL's texts of the elements, which casts write, except for booleans and the blanks of char(n).
class ElementTexts {
 public:
  explicit ElementTexts(const KernelCall& call) : type_(ElementOf(call.argument(0).type())) {
    cast_.emplace(call, type_.kind == TypeKind::kText ? type_ : DataType{TypeKind::kText});
  }

  // visit(text), or visit(nullptr) for NULL.
  template <typename Visit>
  void Next(int64_t count, Visit visit) {
    cast_->Next(count, [&](const Datum& value) {
      if (value.is_null()) return visit(nullptr);
      std::string text = type_.kind == TypeKind::kText ? FormatDatum(value, type_) : value.text_value();
      if (type_.kind == TypeKind::kBoolean) text.resize(1);
      visit(&text);
    });
  }

 private:
  DataType type_;
  std::optional<CastElements> cast_;
};

void ToText(KernelCall& call) {
  ElementTexts texts(call);
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    std::string out = "{";
    texts.Next(CountAt(call.argument(0), row), [&](const std::string* text) {
      if (out.size() > 1) out.push_back(',');
      text == nullptr ? void(out.append("NULL")) : AppendArrayText(*text, &out);
    });
    out.push_back('}');
    return call.TextOrFail(row, out);
  });
}

void FromText(KernelCall& call) {
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    absl::StatusOr<Datum> array = ParseDatum(call.argument(0).At<StringCell>(row).view(), call.result_type());
    if (array.ok()) return call.TextOrFail(row, array->text_value());
    call.Fail(row, CellError::kInvalidText);
    return StringCell();
  });
}

// NULLs are left out unless a text stands for them.
void Join(KernelCall& call) {
  const Vector& arrays = call.argument(0);
  const Vector& delimiters = call.argument(1);
  const Vector* nulls = call.argument_count() > 2 ? &call.argument(2) : nullptr;
  ElementTexts texts(call);
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    std::string out;
    bool first = true;
    const std::string_view delimiter = delimiters.IsValue(row) ? delimiters.At<StringCell>(row).view() : "";
    texts.Next(arrays.IsValue(row) ? CountAt(arrays, row) : 0, [&](const std::string* text) {
      if (text == nullptr && (nulls == nullptr || !nulls->IsValue(row))) return;
      if (!first) out.append(delimiter);
      first = false;
      out.append(text == nullptr ? nulls->At<StringCell>(row).view() : std::string_view(*text));
    });
    if (arrays.IsValue(row) && delimiters.IsValue(row)) return call.TextOrFail(row, out);
    call.SetNull(row);
    return StringCell();
  });
}

// Calls for the parts of a text between delimiters: its characters if the delimiter is nullptr, the text as a whole if
// it is empty, none of an empty text.
template <typename Visit>
void ForEachPart(std::string_view text, const std::string_view* delimiter, Visit visit) {
  if (text.empty()) return;
  if (delimiter == nullptr) {
    for (size_t at = 0; at < text.size();) {
      size_t end = at + 1;
      while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
      visit(text.substr(at, end - at));
      at = end;
    }
    return;
  }
  for (;;) {
    const size_t end = delimiter->empty() ? std::string_view::npos : text.find(*delimiter);
    visit(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + delimiter->size());
  }
}

void Split(KernelCall& call) {
  const Vector& texts = call.argument(0);
  const Vector& delimiters = call.argument(1);
  const Vector* nulls = call.argument_count() > 2 ? &call.argument(2) : nullptr;
  ArrayWriter writer(call.result_type());
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    if (!texts.IsValue(row)) {
      call.SetNull(row);
      return StringCell();
    }
    const bool has_null = nulls != nullptr && nulls->IsValue(row);
    std::string_view delimiter;
    if (delimiters.IsValue(row)) delimiter = delimiters.At<StringCell>(row).view();
    ForEachPart(texts.At<StringCell>(row).view(), delimiters.IsValue(row) ? &delimiter : nullptr,
                [&](std::string_view part) {
                  const bool is_null = has_null && part == nulls->At<StringCell>(row).view();
                  writer.Append(is_null ? Datum::Null() : Datum::Text(std::string(part)));
                });
    return call.TextOrFail(row, writer.Finish());
  });
}

}  // namespace

void AddArrayTextFunctions(ScalarFunctionList* list) {
  using enum TypeKind;
  auto add = [&](std::string_view name, std::vector<TypeKind> arguments, TypeKind result, ScalarKernel kernel,
                 std::string_view doc) {
    list->push_back({name, std::move(arguments), result, kernel, doc, false});
    list->back().elements = ResultElements::kText;
  };
  add("array_to_string", {kArray, kText}, kText, Join, "The elements with a text between them; NULLs are left out.");
  add("array_to_string", {kArray, kText, kText}, kText, Join,
      "The elements with a text between them, and another in place of NULLs.");
  add("string_to_array", {kText, kText}, kArray, Split,
      "The parts of a text between delimiters; its characters if the delimiter is NULL.");
  add("string_to_array", {kText, kText, kText}, kArray, Split,
      "The parts of a text between delimiters; those that are the third text are NULL.");
}

void AddArrayCasts(ScalarFunctionList* list) {
  using enum TypeKind;
  list->push_back({"cast", {kArray}, kArray, FromArray, "Casts the elements."});
  list->push_back({"cast", {kArray}, kText, ToText, "Writes {1,2,NULL,\"a b\"}."});
  list->push_back({"cast", {kText}, kArray, FromText, "Reads {1,2,NULL,\"a b\"}."});
}

}  // namespace freshet
