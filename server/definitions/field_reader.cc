#include "server/definitions/field_reader.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "engine/base/str_cat.h"
#include "server/definitions/places.h"
#include "server/definitions/suggestion.h"

namespace freshet {

FieldReader::FieldReader(const DocumentNode& node, std::string path, ProblemList& problems)
    : node_(node), path_(std::move(path)), problems_(problems) {
  if (node.kind != DocumentKind::kMapping) {
    problems_.Add({.code = ErrorCode::kInvalidDefinition,
                   .path = path_,
                   .message = StrCat("a mapping should stand here, not ", DescribeKind(node.kind))});
  }
}

std::string FieldReader::PathOf(std::string_view key) const { return JoinPath(path_, key); }

const DocumentNode* FieldReader::Find(std::string_view key) {
  known_.emplace_back(key);
  for (const DocumentEntry& entry : node_.entries) {
    if (entry.key == key) return entry.value.kind == DocumentKind::kNull ? nullptr : &entry.value;
  }
  return nullptr;
}

const DocumentNode* FieldReader::Require(std::string_view key) {
  const DocumentNode* node = Find(key);
  if (node == nullptr && node_.kind == DocumentKind::kMapping) {
    problems_.Add({.code = ErrorCode::kMissingField, .path = path_, .message = StrCat("`", key, "` is missing")});
  }
  return node;
}

void FieldReader::WrongKind(std::string_view key, const DocumentNode& node, std::string_view wanted) {
  problems_.Add({.code = ErrorCode::kInvalidDefinition,
                 .path = PathOf(key),
                 .message = StrCat("`", key, "` takes ", wanted, ", not ",
                                   node.kind == DocumentKind::kScalar ? StrCat("`", node.text, "`")
                                                                      : std::string(DescribeKind(node.kind)))});
}

std::string FieldReader::Text(std::string_view key, std::string fallback) {
  const DocumentNode* node = Find(key);
  if (node == nullptr) return fallback;
  if (node->kind == DocumentKind::kScalar) return node->text;
  WrongKind(key, *node, "a text");
  return fallback;
}

std::string FieldReader::RequireText(std::string_view key) {
  const DocumentNode* node = Require(key);
  if (node == nullptr) return "";
  if (node->kind == DocumentKind::kScalar) return node->text;
  WrongKind(key, *node, "a text");
  return "";
}

bool FieldReader::Boolean(std::string_view key) {
  const DocumentNode* node = Find(key);
  if (node == nullptr) return false;
  if (node->kind == DocumentKind::kScalar && !node->quoted && (node->text == "true" || node->text == "false")) {
    return node->text == "true";
  }
  WrongKind(key, *node, "true or false");
  return false;
}

uint64_t FieldReader::Unsigned(std::string_view key, uint64_t limit) {
  const DocumentNode* node = Find(key);
  if (node == nullptr) return 0;
  uint64_t value = 0;
  if (node->kind == DocumentKind::kScalar && !node->quoted && absl::SimpleAtoi(node->text, &value) && value <= limit) {
    return value;
  }
  WrongKind(key, *node, StrCat("a whole number from 0 to ", limit));
  return 0;
}

std::vector<std::string> FieldReader::Names(std::string_view key) {
  std::vector<std::string> names;
  Items(key, [&](const DocumentNode& item, const std::string& path) {
    if (item.kind == DocumentKind::kScalar) {
      names.push_back(item.text);
    } else {
      problems_.Add({.path = path, .message = StrCat("a name should stand here, not ", DescribeKind(item.kind))});
    }
  });
  return names;
}

void FieldReader::Items(std::string_view key,
                        const std::function<void(const DocumentNode&, const std::string& path)>& read) {
  const DocumentNode* node = Find(key);
  if (node == nullptr) return;
  if (node->kind != DocumentKind::kSequence) {
    WrongKind(key, *node, "a list");
    return;
  }
  for (size_t i = 0; i < node->items.size(); ++i) read(node->items[i], JoinPath(PathOf(key), i));
}

void FieldReader::Entries(
    std::string_view key,
    const std::function<void(const std::string& name, const DocumentNode&, const std::string& path)>& read) {
  const DocumentNode* node = Find(key);
  if (node == nullptr) return;
  if (node->kind != DocumentKind::kMapping) {
    WrongKind(key, *node, "a mapping");
    return;
  }
  std::string path = PathOf(key);
  for (const DocumentEntry& entry : node->entries) read(entry.key, entry.value, JoinPath(path, entry.key));
}

std::vector<const DocumentEntry*> FieldReader::TakeRest() {
  std::vector<const DocumentEntry*> rest;
  for (const DocumentEntry& entry : node_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) == known_.end()) rest.push_back(&entry);
  }
  for (const DocumentEntry* entry : rest) known_.push_back(entry->key);
  return rest;
}

void FieldReader::TakeOptions(google::protobuf::Map<std::string, std::string>& options) {
  for (const DocumentEntry* entry : TakeRest()) {
    switch (entry->value.kind) {
      case DocumentKind::kScalar:
        options[entry->key] = entry->value.text;
        break;
      case DocumentKind::kNull:
        break;  // as if it were not there
      case DocumentKind::kSequence:
      case DocumentKind::kMapping:
        problems_.Add({.code = ErrorCode::kInvalidOption,
                       .path = PathOf(entry->key),
                       .message = StrCat("an option takes a plain value, not ", DescribeKind(entry->value.kind))});
    }
  }
}

void FieldReader::Finish() {
  std::vector<std::string> known = known_;
  for (const DocumentEntry* entry : TakeRest()) {
    problems_.Add({.code = ErrorCode::kUnknownField,
                   .path = PathOf(entry->key),
                   .message = StrCat("`", entry->key, "` is not known here"),
                   .suggestion = SuggestName(entry->key, known)});
  }
}

}  // namespace freshet
