// Walks the tokens of one JSON text, checks that its structure is balanced, and collects the fields of a path tree.
// Scalars are checked only where a column takes them: a bad one is a bad value of its column, not a broken record.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "server/formats/json/json_index.h"
#include "server/formats/json/path_tree.h"

namespace freshet {

class JsonWalk {
 public:
  explicit JsonWalk(JsonIndex* index) : index_(index) {}

  // Starts over at a token.
  void Restart(uint32_t token) {
    token_ = token;
    depth_ = 0;
  }
  uint32_t token() const { return token_; }
  bool AtEnd() const { return token_ == index_->size(); }
  char Peek() const { return index_->At(token_); }
  void Step() { ++token_; }

  // Each takes one value and leaves the walk behind it; false: the structure is broken at the token where the walk
  // stands.
  bool Skip();
  bool Capture(FieldCell* out);
  // An object; its fields go to the cells of the tree's columns. `unknown` counts fields of this object (not of those
  // below it) that are in no path.
  bool Object(PathNode& node, std::span<FieldCell> cells, uint64_t* unknown);
  // The name of an object's field and its colon. No value: broken.
  std::optional<std::string_view> Name();

 private:
  bool Value(PathNode& node, std::span<FieldCell> cells);
  bool Array(PathNode& node, std::span<FieldCell> cells);
  FieldCell Scalar();

  JsonIndex* index_;
  uint32_t token_ = 0;
  uint32_t depth_ = 0;  // objects and arrays around the token that Object and Array are in
};

}  // namespace freshet
