// Functions whose result is a part of their text: it shares the text's memory.
#include <algorithm>

#include "engine/columnar/characters.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

std::string_view TextAt(const Vector& vector, uint32_t row) { return vector.At<StringCell>(row).view(); }

// part(row, text) is a part of the first argument.
template <typename Part>
void PartKernel(KernelCall& call, Part part) {
  const Vector& text = call.argument(0);
  call.ShareHeaps(text);
  ComputeRows<StringCell>(call, [&](uint32_t row) { return StringCell(part(row, TextAt(text, row))); });
}

std::string_view Characters(std::string_view text, int64_t first, int64_t count) {
  size_t begin = BytesOfCharacters(text, first);
  return text.substr(begin, BytesOfCharacters(text.substr(begin), count));
}

void SubstringFrom(KernelCall& call) {
  const Vector& start = call.argument(1);
  PartKernel(call, [&](uint32_t row, std::string_view text) {
    return text.substr(BytesOfCharacters(text, std::max<int64_t>(start.At<int32_t>(row), 1) - 1));
  });
}

// Positions before the text count as empty: substring('abc', -1, 3) is 'a'.
void SubstringFromFor(KernelCall& call) {
  const Vector& start = call.argument(1);
  const Vector& length = call.argument(2);
  PartKernel(call, [&](uint32_t row, std::string_view text) {
    int64_t first = start.At<int32_t>(row);
    int64_t end = first + length.At<int32_t>(row);
    if (end < first) {
      call.Fail(row, CellError::kInvalidArgument);
      return std::string_view();
    }
    first = std::max<int64_t>(first, 1);
    return end <= first ? std::string_view() : Characters(text, first - 1, end - first);
  });
}

// A negative count leaves out so many characters at the other end.
void Left(KernelCall& call) {
  const Vector& count = call.argument(1);
  PartKernel(call, [&](uint32_t row, std::string_view text) {
    int64_t wanted = count.At<int32_t>(row);
    if (wanted < 0) wanted += CountCharacters(text);
    return text.substr(0, BytesOfCharacters(text, wanted));
  });
}

void Right(KernelCall& call) {
  const Vector& count = call.argument(1);
  PartKernel(call, [&](uint32_t row, std::string_view text) {
    int64_t wanted = count.At<int32_t>(row);
    int64_t left_out = wanted < 0 ? -wanted : std::max<int64_t>(CountCharacters(text) - wanted, 0);
    return text.substr(BytesOfCharacters(text, left_out));
  });
}

// Whether `set` contains the character.
bool Contains(std::string_view set, std::string_view character) {
  for (size_t at = 0; at < set.size(); at += FirstCharacterBytes(set.substr(at))) {
    if (set.substr(at, FirstCharacterBytes(set.substr(at))) == character) return true;
  }
  return false;
}

std::string_view TrimFront(std::string_view text, std::string_view set) {
  while (!text.empty()) {
    size_t bytes = FirstCharacterBytes(text);
    if (!Contains(set, text.substr(0, bytes))) break;
    text.remove_prefix(bytes);
  }
  return text;
}

std::string_view TrimBack(std::string_view text, std::string_view set) {
  while (!text.empty()) {
    size_t begin = text.size() - 1;
    while (begin > 0 && IsContinuation(text[begin])) --begin;
    if (!Contains(set, text.substr(begin))) break;
    text = text.substr(0, begin);
  }
  return text;
}

template <bool kFront, bool kBack>
void Trim(KernelCall& call) {
  const Vector* set = call.argument_count() == 2 ? &call.argument(1) : nullptr;
  PartKernel(call, [&](uint32_t row, std::string_view text) {
    std::string_view characters = set == nullptr ? std::string_view(" ") : TextAt(*set, row);
    if (kFront) text = TrimFront(text, characters);
    if (kBack) text = TrimBack(text, characters);
    return text;
  });
}

std::string_view FieldFromFront(std::string_view text, std::string_view delimiter, int64_t field) {
  for (; field > 1; --field) {
    size_t end = text.find(delimiter);
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + delimiter.size());
  }
  return text.substr(0, text.find(delimiter));
}

std::string_view FieldFromBack(std::string_view text, std::string_view delimiter, int64_t field) {
  for (; field > 1; --field) {
    size_t begin = text.rfind(delimiter);
    if (begin == std::string_view::npos) return {};
    text = text.substr(0, begin);
  }
  size_t begin = text.rfind(delimiter);
  return begin == std::string_view::npos ? text : text.substr(begin + delimiter.size());
}

void SplitPart(KernelCall& call) {
  const Vector& delimiter = call.argument(1);
  const Vector& field = call.argument(2);
  PartKernel(call, [&](uint32_t row, std::string_view text) {
    int64_t wanted = field.At<int32_t>(row);
    std::string_view between = TextAt(delimiter, row);
    if (wanted == 0) {
      call.Fail(row, CellError::kInvalidArgument);
      return std::string_view();
    }
    if (between.empty()) return wanted == 1 || wanted == -1 ? text : std::string_view();
    return wanted > 0 ? FieldFromFront(text, between, wanted) : FieldFromBack(text, between, -wanted);
  });
}

}  // namespace

void AddTextPartFunctions(ScalarFunctionList* list) {
  constexpr TypeKind kText = TypeKind::kText;
  constexpr TypeKind kInteger = TypeKind::kInteger;
  auto add = [&](std::string_view name, std::vector<TypeKind> arguments, ScalarKernel kernel, std::string_view doc) {
    list->push_back({name, std::move(arguments), kText, kernel, doc});
  };
  for (std::string_view name : {"substring", "substr"}) {
    add(name, {kText, kInteger}, SubstringFrom, "The text from a character on, counted from 1.");
    add(name, {kText, kInteger, kInteger}, SubstringFromFor, "So many characters from a character on, counted from 1.");
  }
  add("left", {kText, kInteger}, Left, "The first so many characters; below 0: all but the last so many.");
  add("right", {kText, kInteger}, Right, "The last so many characters; below 0: all but the first so many.");
  add("btrim", {kText}, Trim<true, true>, "The text without blanks at both ends.");
  add("btrim", {kText, kText}, Trim<true, true>, "The text without any of the given characters at both ends.");
  add("ltrim", {kText}, Trim<true, false>, "The text without blanks at its beginning.");
  add("ltrim", {kText, kText}, Trim<true, false>, "The text without any of the given characters at its beginning.");
  add("rtrim", {kText}, Trim<false, true>, "The text without blanks at its end.");
  add("rtrim", {kText, kText}, Trim<false, true>, "The text without any of the given characters at its end.");
  add("split_part", {kText, kText, kInteger}, SplitPart,
      "The field of that number between delimiters, counted from 1; below 0: from the end.");
}

}  // namespace freshet
