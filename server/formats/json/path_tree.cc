#include "server/formats/json/path_tree.h"

#include "engine/base/str_cat.h"

namespace freshet {

absl::StatusOr<std::vector<std::string>> SplitJsonPointer(std::string_view pointer) {
  if (!pointer.starts_with('/')) {
    return absl::InvalidArgumentError(StrCat("a path is a JSON pointer and begins with /; not \"", pointer, "\""));
  }
  std::vector<std::string> segments(1);
  for (size_t i = 1; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      segments.emplace_back();
    } else if (pointer[i] == '~') {
      char next = i + 1 < pointer.size() ? pointer[i + 1] : '\0';
      if (next != '0' && next != '1') {
        return absl::InvalidArgumentError(
            StrCat("in the path \"", pointer, "\" a ~ is neither ~0 (for ~) nor ~1 (for /)"));
      }
      segments.back() += next == '0' ? '~' : '/';
      ++i;
    } else {
      segments.back() += pointer[i];
    }
  }
  if (segments.size() > kPathDepthMax) {
    return absl::InvalidArgumentError(StrCat("a path has at most ", kPathDepthMax, " segments"));
  }
  return segments;
}

PathNode* PathNode::Find(std::string_view name) {
  size_t count = children.size();
  if (count == 0) return nullptr;
  if (expected >= count) expected = 0;
  for (size_t i = 0; i < count; ++i) {
    size_t at = expected + i < count ? expected + i : expected + i - count;
    if (children[at].key != name) continue;
    expected = at + 1;
    return &children[at];
  }
  return nullptr;
}

PathNode* PathNode::FindElement(size_t index) {
  if (children.empty()) return nullptr;
  return Find(StrCat(index));
}

void AddPath(PathNode& root, const std::vector<std::string>& segments, uint32_t column, bool needed) {
  PathNode* node = &root;
  for (const std::string& segment : segments) {
    node->subtree.push_back(column);
    node->needed = node->needed || needed;
    PathNode* child = node->Find(segment);
    if (child == nullptr) {
      child = &node->children.emplace_back();
      child->key = segment;
    }
    node = child;
  }
  node->needed = node->needed || needed;
  if (needed) node->columns.push_back(column);
}

}  // namespace freshet
