// Writes the parts of a group's state as bytes, and reads them: fixed-width little-endian numbers, sized texts.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace freshet {

static_assert(std::endian::native == std::endian::little);

template <typename T>
void PutFixed(const T& value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(T));
}

template <typename T>
bool TakeFixed(std::string_view* bytes, T* value) {
  if (bytes->size() < sizeof(T)) return false;
  std::memcpy(value, bytes->data(), sizeof(T));
  bytes->remove_prefix(sizeof(T));
  return true;
}

inline void PutText(std::string_view text, std::string* out) {
  PutFixed(static_cast<uint32_t>(text.size()), out);
  out->append(text);
}

inline bool TakeText(std::string_view* bytes, std::string_view* text) {
  uint32_t size = 0;
  if (!TakeFixed(bytes, &size) || bytes->size() < size) return false;
  *text = bytes->substr(0, size);
  bytes->remove_prefix(size);
  return true;
}

}  // namespace freshet
