// Functions that measure, search and build text. Positions and lengths count characters.
#include <algorithm>
#include <cstring>

#include "engine/columnar/characters.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

std::string_view TextAt(const Vector& vector, uint32_t row) { return vector.At<StringCell>(row).view(); }

StringCell FailText(KernelCall& call, uint32_t row, CellError error) {
  call.Fail(row, error);
  return StringCell();
}

template <int32_t (*kMeasure)(std::string_view)>
void Measure(KernelCall& call) {
  const Vector& text = call.argument(0);
  ComputeRows<int32_t>(call, [&](uint32_t row) { return kMeasure(TextAt(text, row)); });
}

int32_t Length(std::string_view text) { return static_cast<int32_t>(CountCharacters(text)); }
int32_t OctetLength(std::string_view text) { return static_cast<int32_t>(text.size()); }
int32_t BitLength(std::string_view text) { return static_cast<int32_t>(text.size() * 8); }
int32_t FirstCodePoint(std::string_view text) {
  size_t bytes;
  return text.empty() ? 0 : static_cast<int32_t>(DecodeCharacter(text, &bytes));
}

// Where the second text begins in the first, from 1; 0 = nowhere.
void Position(KernelCall& call) {
  const Vector& text = call.argument(0);
  const Vector& part = call.argument(1);
  ComputeRows<int32_t>(call, [&](uint32_t row) {
    std::string_view where = TextAt(text, row);
    size_t found = where.find(TextAt(part, row));
    return found == std::string_view::npos ? 0 : Length(where.substr(0, found)) + 1;
  });
}

void StartsWith(KernelCall& call) {
  const Vector& text = call.argument(0);
  const Vector& prefix = call.argument(1);
  ComputeRows<uint8_t>(
      call, [&](uint32_t row) { return static_cast<uint8_t>(TextAt(text, row).starts_with(TextAt(prefix, row))); });
}

StringCell Join(KernelCall& call, uint32_t row, std::string_view a, std::string_view b) {
  size_t size = a.size() + b.size();
  if (size > kMaxTextBytes) return FailText(call, row, CellError::kTooLarge);
  char short_text[StringCell::kInlineBytes];
  char* text = size <= StringCell::kInlineBytes ? short_text : call.AllocateText(size);
  std::copy(a.begin(), a.end(), text);
  std::copy(b.begin(), b.end(), text + a.size());
  return StringCell(text, static_cast<uint32_t>(size));
}

void Concatenate(KernelCall& call) {
  const Vector& a = call.argument(0);
  const Vector& b = call.argument(1);
  ComputeRows<StringCell>(call, [&](uint32_t row) { return Join(call, row, TextAt(a, row), TextAt(b, row)); });
}

void Concat(KernelCall& call) {
  const Vector& a = call.argument(0);
  const Vector& b = call.argument(1);
  auto text_or_empty = [](const Vector& vector, uint32_t row) {
    return vector.IsValue(row) ? TextAt(vector, row) : std::string_view();
  };
  ComputeRows<StringCell>(call,
                          [&](uint32_t row) { return Join(call, row, text_or_empty(a, row), text_or_empty(b, row)); });
}

// build(row, &out): appends the text; false = it fails with VALUE_TOO_LARGE.
template <typename Build>
void BuildText(KernelCall& call, Build build) {
  std::string& out = call.scratch();
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    out.clear();
    if (!build(row, &out)) return FailText(call, row, CellError::kTooLarge);
    return call.TextOrFail(row, out);
  });
}

void Replace(KernelCall& call) {
  BuildText(call, [&](uint32_t row, std::string* out) {
    std::string_view text = TextAt(call.argument(0), row);
    std::string_view from = TextAt(call.argument(1), row);
    std::string_view to = TextAt(call.argument(2), row);
    if (!from.empty()) {
      for (size_t found; (found = text.find(from)) != std::string_view::npos;) {
        out->append(text.substr(0, found)).append(to);
        text.remove_prefix(found + from.size());
        if (out->size() > kMaxTextBytes) return false;
      }
    }
    out->append(text);
    return true;
  });
}

void Translate(KernelCall& call) {
  BuildText(call, [&](uint32_t row, std::string* out) {
    std::string_view text = TextAt(call.argument(0), row);
    std::string_view from = TextAt(call.argument(1), row);
    std::string_view to = TextAt(call.argument(2), row);
    while (!text.empty()) {
      std::string_view character = text.substr(0, FirstCharacterBytes(text));
      text.remove_prefix(character.size());
      size_t at = from.find(character);
      if (at == std::string_view::npos) {
        out->append(character);
        continue;
      }
      std::string_view rest = to.substr(BytesOfCharacters(to, CountCharacters(from.substr(0, at))));
      if (!rest.empty()) out->append(rest.substr(0, FirstCharacterBytes(rest)));
    }
    return true;
  });
}

void Repeat(KernelCall& call) {
  BuildText(call, [&](uint32_t row, std::string* out) {
    std::string_view text = TextAt(call.argument(0), row);
    int64_t times = std::max<int64_t>(call.argument(1).At<int32_t>(row), 0);
    if (static_cast<uint64_t>(times) * text.size() > kMaxTextBytes) return false;
    if (!text.empty()) {
      for (; times > 0; --times) out->append(text);
    }
    return true;
  });
}

void Reverse(KernelCall& call) {
  BuildText(call, [&](uint32_t row, std::string* out) {
    std::string_view text = TextAt(call.argument(0), row);
    out->resize(text.size());
    size_t end = text.size();
    while (!text.empty()) {
      size_t bytes = FirstCharacterBytes(text);
      end -= bytes;
      std::memcpy(out->data() + end, text.data(), bytes);
      text.remove_prefix(bytes);
    }
    return true;
  });
}

bool AppendFill(std::string_view fill, int64_t characters, std::string* out) {
  if (fill.empty()) return true;
  while (characters > 0) {
    std::string_view part = fill.substr(0, BytesOfCharacters(fill, characters));
    if (out->size() + part.size() > kMaxTextBytes) return false;
    out->append(part);
    characters -= CountCharacters(part);
  }
  return true;
}

template <bool kLeft>
void Pad(KernelCall& call) {
  BuildText(call, [&](uint32_t row, std::string* out) {
    std::string_view text = TextAt(call.argument(0), row);
    int64_t wanted = std::max<int64_t>(call.argument(1).At<int32_t>(row), 0);
    std::string_view fill = call.argument_count() == 3 ? TextAt(call.argument(2), row) : std::string_view(" ");
    if (!fill.empty() && static_cast<size_t>(wanted) > kMaxTextBytes) return false;
    text = text.substr(0, BytesOfCharacters(text, wanted));
    int64_t missing = wanted - CountCharacters(text);
    if (kLeft && !AppendFill(fill, missing, out)) return false;
    out->append(text);
    return kLeft || AppendFill(fill, missing, out);
  });
}

void CharacterOf(KernelCall& call) {
  const Vector& code = call.argument(0);
  std::string& out = call.scratch();
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    int32_t character = code.At<int32_t>(row);
    if (character <= 0 || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF)) {
      return FailText(call, row, CellError::kInvalidArgument);
    }
    out.clear();
    AppendCharacter(static_cast<char32_t>(character), &out);
    return StringCell(out);
  });
}

template <typename T>
void ToHex(KernelCall& call) {
  const Vector& value = call.argument(0);
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    char digits[16];
    size_t begin = sizeof(digits);
    auto rest = static_cast<std::make_unsigned_t<T>>(value.At<T>(row));
    do {
      digits[--begin] = "0123456789abcdef"[rest % 16];
      rest /= 16;
    } while (rest != 0);
    return call.Text(std::string_view(digits + begin, sizeof(digits) - begin));
  });
}

}  // namespace

void AddTextFunctions(ScalarFunctionList* list) {
  constexpr TypeKind kText = TypeKind::kText;
  constexpr TypeKind kInteger = TypeKind::kInteger;
  auto add = [&](std::string_view name, std::vector<TypeKind> arguments, TypeKind result, ScalarKernel kernel,
                 std::string_view doc) { list->push_back({name, std::move(arguments), result, kernel, doc}); };
  add("length", {kText}, kInteger, Measure<Length>, "The number of characters.");
  add("char_length", {kText}, kInteger, Measure<Length>, "The number of characters.");
  add("octet_length", {kText}, kInteger, Measure<OctetLength>, "The number of bytes.");
  add("bit_length", {kText}, kInteger, Measure<BitLength>, "The number of bits.");
  add("ascii", {kText}, kInteger, Measure<FirstCodePoint>,
      "The code point of the first character; 0 if there is none.");
  add("position", {kText, kText}, kInteger, Position,
      "Where the second text begins in the first, from 1; 0 = nowhere.");
  add("strpos", {kText, kText}, kInteger, Position, "Where the second text begins in the first, from 1; 0 = nowhere.");
  add("starts_with", {kText, kText}, TypeKind::kBoolean, StartsWith, "Whether the text begins with the second one.");
  add("||", {kText, kText}, kText, Concatenate, "One text after the other.");
  list->push_back({"concat", {kText, kText}, kText, Concat, "One text after the other, NULL as nothing.", false});
  add("replace", {kText, kText, kText}, kText, Replace,
      "The text with each occurrence of the second replaced by the third.");
  add("translate", {kText, kText, kText}, kText, Translate,
      "The text with each character of the second replaced by the one at its place in the third, or left out.");
  add("repeat", {kText, kInteger}, kText, Repeat, "The text so many times.");
  add("reverse", {kText}, kText, Reverse, "The characters in reverse order.");
  add("lpad", {kText, kInteger}, kText, Pad<true>,
      "Fills with blanks on the left, or cuts off, to so many characters.");
  add("lpad", {kText, kInteger, kText}, kText, Pad<true>,
      "Fills with a text on the left, or cuts off, to so many characters.");
  add("rpad", {kText, kInteger}, kText, Pad<false>,
      "Fills with blanks on the right, or cuts off, to so many characters.");
  add("rpad", {kText, kInteger, kText}, kText, Pad<false>,
      "Fills with a text on the right, or cuts off, to so many characters.");
  add("chr", {kInteger}, kText, CharacterOf, "The character with this code point.");
  add("to_hex", {kInteger}, kText, ToHex<int32_t>,
      "The number in hexadecimal digits, negative ones as two's complement.");
  add("to_hex", {TypeKind::kBigint}, kText, ToHex<int64_t>,
      "The number in hexadecimal digits, negative ones as two's complement.");
}

}  // namespace freshet
