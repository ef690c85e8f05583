// Cuts a JSON array into its elements, so that a bad one does not take the others with it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace freshet {

// Walks over a text that is an array of objects, or a single object. Elements are cut by brackets and quotes alone;
// what is wrong inside of one, its decoder says.
class JsonElements {
 public:
  explicit JsonElements(std::string_view text);

  struct Element {
    std::string_view text;          // empty: broken
    size_t offset = 0;              // of its first byte, or of the byte where the array is broken
    std::string_view problem = {};  // not empty: nothing behind this place can be read
  };
  // The next element; no value: the array has ended well.
  std::optional<Element> Next();

 private:
  void SkipBlanks();
  Element Broken(std::string_view problem);

  const std::string_view text_;
  size_t at_ = 0;
  bool array_ = false;
  bool first_ = true;
  bool ended_ = false;
};

}  // namespace freshet
