// The tree of a YAML or JSON text: scalars stay text, and every node knows its place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace freshet {

// A place in a text: line from 0, byte in the line, byte in the text.
struct Mark {
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t offset = 0;
};

enum class DocumentKind : uint8_t { kNull, kScalar, kSequence, kMapping };

struct DocumentEntry;

struct DocumentNode {
  DocumentKind kind = DocumentKind::kNull;
  std::string text;     // kScalar
  bool quoted = false;  // kScalar: never a number or boolean
  Mark mark;
  std::vector<DocumentNode> items;     // kSequence
  std::vector<DocumentEntry> entries;  // kMapping, in the order of the text
};

struct DocumentEntry {
  std::string key;
  Mark key_mark;
  DocumentNode value;
};

// For messages: "a mapping".
std::string_view DescribeKind(DocumentKind kind);

inline constexpr size_t kMaxDefinitionBytes = 4 << 20;
inline constexpr uint32_t kMaxDefinitionDepth = 100;

}  // namespace freshet
