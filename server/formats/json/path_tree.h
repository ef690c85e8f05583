// The paths (JSON pointers, RFC 6901) of a table's columns as a tree, to find them all in one walk of a record.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace freshet {

// Segments that a pointer may have: the walk recurses by them.
inline constexpr size_t kPathDepthMax = 64;

// The segments of a pointer, `~1` and `~0` undone. Error: what is wrong with it.
absl::StatusOr<std::vector<std::string>> SplitJsonPointer(std::string_view pointer);

struct PathNode {
  std::string key;
  std::vector<uint32_t> columns;  // filled from here; empty also where a column is declared and not needed
  std::vector<uint32_t> subtree;  // all columns below
  std::vector<PathNode> children;
  bool needed = false;  // there are columns to fill here or below
  size_t expected = 0;  // the child that most likely comes next: fields mostly stand in one order

  // nullptr: no column is declared there.
  PathNode* Find(std::string_view name);
  // An element of an array.
  PathNode* FindElement(size_t index);
};

// Declares a column under a path; it is filled if `needed`.
void AddPath(PathNode& root, const std::vector<std::string>& segments, uint32_t column, bool needed);

}  // namespace freshet
