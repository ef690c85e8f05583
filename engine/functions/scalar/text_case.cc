// lower, upper and initcap.
#include "engine/columnar/characters.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"
#include "engine/functions/scalar/letter_case.h"

namespace freshet {
namespace {

void AppendInitialCapitals(std::string_view text, std::string* out) {
  bool in_word = false;
  while (!text.empty()) {
    size_t bytes;
    char32_t character = DecodeCharacter(text, &bytes);
    char32_t mapped = in_word ? LowerCharacter(character) : UpperCharacter(character);
    in_word = IsWordCharacter(character);
    if (mapped == character) {
      out->append(text.substr(0, bytes));
    } else {
      AppendCharacter(mapped, out);
    }
    text.remove_prefix(bytes);
  }
}

template <void (*kAppend)(std::string_view, std::string*)>
void MapText(KernelCall& call) {
  const Vector& text = call.argument(0);
  std::string& out = call.scratch();
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    out.clear();
    kAppend(text.At<StringCell>(row).view(), &out);
    return call.TextOrFail(row, out);
  });
}

}  // namespace

void AddTextCaseFunctions(ScalarFunctionList* list) {
  constexpr TypeKind kText = TypeKind::kText;
  list->push_back({"lower", {kText}, kText, MapText<AppendLower>, "The text in lower case."});
  list->push_back({"upper", {kText}, kText, MapText<AppendUpper>, "The text in upper case."});
  list->push_back(
      {"initcap", {kText}, kText, MapText<AppendInitialCapitals>, "Each word with a capital first letter."});
}

}  // namespace freshet
