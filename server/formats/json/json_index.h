// The tokens of one JSON text: where its structural characters and scalars begin, found by simdjson's first stage,
// which also checks UTF-8 and that strings are closed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/formats/api/record.h"

namespace freshet {

class JsonIndex {
 public:
  JsonIndex();
  ~JsonIndex();

  // Indexes a text, behind which kRecordPadding bytes can be read. Rejection: not UTF-8, or no JSON at all.
  std::optional<Rejection> Build(std::string_view text);

  uint32_t size() const { return size_; }
  // The first character of a token; 0 past the last one. `{}[]:,` are themselves, a string is `"`, all others scalars.
  char At(uint32_t token) const { return token < size_ ? text_[positions_[token]] : '\0'; }
  uint32_t PositionOf(uint32_t token) const { return positions_[token]; }
  // The bytes of a scalar or string (quotes included).
  std::string_view TokenText(uint32_t token) const;
  std::string_view text() const { return text_; }

  // The characters of a string token without quotes and escapes; valid until the next Build. No value: a bad escape.
  std::optional<std::string_view> StringAt(uint32_t token);

 private:
  class Stage;
  std::unique_ptr<Stage> stage_;
  std::string_view text_;
  const uint32_t* positions_ = nullptr;
  uint32_t size_ = 0;
  std::string scratch_;  // strings without their escapes
  size_t scratch_used_ = 0;
};

}  // namespace freshet
