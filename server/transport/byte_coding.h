// Writes and reads the parts of frames: fixed-width numbers (little-endian) and texts with their length.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace freshet {

class ByteWriter {
 public:
  explicit ByteWriter(std::string* out) : out_(out) {}

  template <typename T>
  void Number(T value) {
    static_assert(std::is_integral_v<T>);
    out_->append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void Flag(bool value) { Number<uint8_t>(value ? 1 : 0); }
  void Text(std::string_view text) {
    Number(static_cast<uint32_t>(text.size()));
    out_->append(text);
  }
  template <typename T>
  void Maybe(const std::optional<T>& value) {
    Flag(value.has_value());
    if (value) Number(*value);
  }

 private:
  std::string* const out_;
};

// Never reads past its bytes: after the first failure everything reads as zero, and ok() says so.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  bool done() const { return ok_ && bytes_.empty(); }
  std::string_view rest() const { return bytes_; }

  template <typename T>
  T Number() {
    T value{};
    if (bytes_.size() < sizeof(T)) return Fail<T>();
    std::memcpy(&value, bytes_.data(), sizeof(T));
    bytes_.remove_prefix(sizeof(T));
    return value;
  }
  bool Flag() {
    auto value = Number<uint8_t>();
    if (value > 1) ok_ = false;
    return value == 1;
  }
  std::string_view Text() {
    auto size = Number<uint32_t>();
    if (size > bytes_.size()) return Fail<std::string_view>();
    std::string_view text = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return text;
  }
  template <typename T>
  std::optional<T> Maybe() {
    return Flag() ? std::optional<T>(Number<T>()) : std::nullopt;
  }
  // A number of things that follow, each of at least `bytes_each`: a wrong one takes no memory.
  uint32_t Count(size_t bytes_each) {
    auto count = Number<uint32_t>();
    if (count > bytes_.size() / bytes_each) return Fail<uint32_t>();
    return count;
  }

 private:
  template <typename T>
  T Fail() {
    ok_ = false;
    bytes_ = {};
    return T{};
  }

  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace freshet
