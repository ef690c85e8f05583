#include "server/formats/json/json_walk.h"

#include <bitset>

#include "server/formats/json/json_decoder.h"
#include "server/formats/json/json_scalar.h"

namespace freshet {
namespace {

bool IsStructural(char c) { return c == '{' || c == '}' || c == '[' || c == ']' || c == ':' || c == ',' || c == '\0'; }

}  // namespace

// One loop and a bit per level, so that no input can exhaust the stack.
bool JsonWalk::Skip() {
  std::bitset<kJsonDepthMax> in_object;
  uint32_t depth = 0;
  while (true) {
    char c = Peek();
    if (c == '{' || c == '[') {
      if (depth_ + depth == kJsonDepthMax) return false;
      in_object[depth++] = c == '{';
      Step();
      if (Peek() == (c == '{' ? '}' : ']')) {
        Step();
        --depth;
      } else {
        if (c == '{' && !Name()) return false;
        continue;
      }
    } else {
      if (IsStructural(c)) return false;
      Step();
    }
    // Behind a value.
    while (depth > 0) {
      char behind = Peek();
      if (behind != ',' && behind != (in_object[depth - 1] ? '}' : ']')) return false;
      Step();
      if (behind == ',') {
        if (in_object[depth - 1] && !Name()) return false;
        break;
      }
      --depth;
    }
    if (depth == 0) return true;
  }
}

std::optional<std::string_view> JsonWalk::Name() {
  if (Peek() != '"') return std::nullopt;
  uint32_t name = token_;
  Step();
  if (Peek() != ':') return std::nullopt;
  Step();
  // A name with a bad escape is the name of no column.
  return index_->StringAt(name).value_or(index_->TokenText(name));
}

FieldCell JsonWalk::Scalar() {
  std::string_view text = index_->TokenText(token_);
  if (text.front() != '"') return ScalarCell(text);
  auto string = index_->StringAt(token_);
  return string ? FieldCell{FieldKind::kValidText, *string} : FieldCell{FieldKind::kBad, text};
}

bool JsonWalk::Capture(FieldCell* out) {
  char c = Peek();
  if (c != '{' && c != '[') {
    if (IsStructural(c)) return false;
    *out = Scalar();
    Step();
    return true;
  }
  size_t begin = index_->PositionOf(token_);
  if (!Skip()) return false;
  size_t end = index_->PositionOf(token_ - 1) + 1;
  *out = {FieldKind::kComposite, index_->text().substr(begin, end - begin)};
  return true;
}

bool JsonWalk::Value(PathNode& node, std::span<FieldCell> cells) {
  uint32_t start = token_;
  if (!node.columns.empty()) {
    FieldCell cell;
    if (!Capture(&cell)) return false;
    for (uint32_t column : node.columns) cells[column] = cell;
  } else if (!node.needed || (Peek() != '{' && Peek() != '[')) {
    if (!Skip()) return false;
  }
  if (!node.needed || node.subtree.empty()) return true;
  // An earlier field of this name is void, with all that it held.
  for (uint32_t column : node.subtree) cells[column] = FieldCell();
  uint32_t end = token_;
  token_ = start;
  if (Peek() == '{') return Object(node, cells, nullptr);
  if (Peek() == '[') return Array(node, cells);
  token_ = end;
  return true;
}

bool JsonWalk::Object(PathNode& node, std::span<FieldCell> cells, uint64_t* unknown) {
  Step();  // {
  ++depth_;
  if (Peek() == '}') {
    Step();
    --depth_;
    return true;
  }
  while (true) {
    std::optional<std::string_view> name = Name();
    if (!name) return false;
    PathNode* child = node.Find(*name);
    if (child == nullptr && unknown != nullptr) ++*unknown;
    if (!(child == nullptr ? Skip() : Value(*child, cells))) return false;
    char behind = Peek();
    if (behind != ',' && behind != '}') return false;
    Step();
    if (behind == ',') continue;
    --depth_;
    return true;
  }
}

bool JsonWalk::Array(PathNode& node, std::span<FieldCell> cells) {
  Step();  // [
  ++depth_;
  if (Peek() == ']') {
    Step();
    --depth_;
    return true;
  }
  for (size_t i = 0;; ++i) {
    PathNode* child = node.FindElement(i);
    if (!(child == nullptr ? Skip() : Value(*child, cells))) return false;
    char behind = Peek();
    if (behind != ',' && behind != ']') return false;
    Step();
    if (behind == ',') continue;
    --depth_;
    return true;
  }
}

}  // namespace freshet
