// ARRAY[...], a[i], a[i:j], and comparisons with ANY and ALL of an array. They become calls: of `array`, `[]`, `[:]`
// and of functions named after the operator, `= any`.
#include "engine/base/str_cat.h"
#include "server/sql/parse/syntax_reader.h"
#include "server/sql/parse/tree_fields.h"

namespace freshet {
namespace {

using Element = simdjson::dom::element;

bool IsComparison(std::string_view name) {
  for (std::string_view known : {"=", "<>", "<", "<=", ">", ">="}) {
    if (name == known) return true;
  }
  return false;
}

// The engine's name of an operator, and whether what it gives is negated.
std::pair<std::string, bool> OperatorOf(std::string name) {
  if (name == "!=") return {"<>", false};
  if (name == "~~" || name == "!~~") return {"like", name[0] == '!'};
  if (name == "~~*" || name == "!~~*") return {"ilike", name[0] == '!'};
  return {std::move(name), false};
}

}  // namespace

SyntaxRef SyntaxReader::MakeNumber(uint32_t offset, std::string text) {
  auto number = std::make_shared<Syntax>();
  number->kind = SyntaxKind::kNumber;
  number->offset = offset;
  number->text = std::move(text);
  return number;
}

SyntaxRef SyntaxReader::ReadArray(Element body) {
  std::vector<SyntaxRef> elements;
  if (!ReadArguments(body, "elements", &elements)) return nullptr;
  return MakeCall("array", OffsetOf(body), std::move(elements));
}

SyntaxRef SyntaxReader::ReadIndirection(Element body) {
  Element operand, part, index;
  simdjson::dom::array parts;
  if (body["arg"].get(operand) != simdjson::SUCCESS || body["indirection"].get(parts) != simdjson::SUCCESS) {
    return Unsupported("a part of a value", body);
  }
  SyntaxRef value = Read(operand);
  if (value == nullptr) return nullptr;
  for (Element each : parts) {
    if (each["A_Indices"].get(part) != simdjson::SUCCESS) {
      return Fail(ErrorCode::kUnsupported, "a field of a row value is not built in this release", value->offset);
    }
    const bool slice = FlagOf(part, "is_slice");
    std::vector<SyntaxRef> arguments = {value};
    if (slice) {
      arguments.push_back(part["lidx"].get(index) == simdjson::SUCCESS ? Read(index) : MakeNumber(value->offset, "1"));
    }
    const bool has_end = part["uidx"].get(index) == simdjson::SUCCESS;
    arguments.push_back(has_end ? Read(index) : MakeNumber(value->offset, StrCat(INT32_MAX)));
    for (const SyntaxRef& argument : arguments) {
      if (argument == nullptr) return nullptr;
    }
    value = MakeCall(slice ? "[:]" : "[]", value->offset, std::move(arguments));
  }
  return value;
}

// x = ANY (ARRAY[a, b]) is x = a OR x = b, x = ALL (...) an AND; any operator may stand there. Over other arrays only
// comparisons do.
SyntaxRef SyntaxReader::ReadQuantified(Element body, bool any) {
  const uint32_t offset = OffsetOf(body);
  std::vector<std::string> names = NamesOf(body, "name");
  Element left, right, list;
  if (names.size() != 1 || body["lexpr"].get(left) != simdjson::SUCCESS ||
      body["rexpr"].get(right) != simdjson::SUCCESS) {
    return Unsupported("ANY or ALL of this", body);
  }
  const auto [name, negated] = OperatorOf(names[0]);
  SyntaxRef operand = Read(left);
  if (operand == nullptr) return nullptr;
  std::vector<SyntaxRef> items;
  if (right["A_ArrayExpr"].get(list) == simdjson::SUCCESS && !ReadArguments(list, "elements", &items)) return nullptr;
  if (!items.empty()) {
    for (SyntaxRef& item : items) {
      item = MakeCall(name, item->offset, {operand, std::move(item)});
      if (negated) item = Make(SyntaxKind::kNot, offset, {std::move(item)});
    }
    if (items.size() == 1) return items[0];
    return Make(any ? SyntaxKind::kOr : SyntaxKind::kAnd, offset, std::move(items));
  }
  if (!IsComparison(name)) {
    return Unsupported(StrCat("the operator ", names[0], " with ANY or ALL of an array that is no ARRAY[...]"), body,
                       "compare with unnest(...) in EXISTS");
  }
  SyntaxRef array = Read(right);
  if (array == nullptr) return nullptr;
  return MakeCall(StrCat(name, any ? " any" : " all"), offset, {std::move(operand), std::move(array)});
}

}  // namespace freshet
