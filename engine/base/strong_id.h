// Makes ids of different things different types, so that the compiler finds a mix-up.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <ostream>

namespace freshet {

template <typename Tag, typename Rep>
class StrongId {
 public:
  using rep = Rep;

  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}

  constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const StrongId&) const = default;
  constexpr StrongId Next() const { return StrongId(static_cast<Rep>(value_ + 1)); }

  template <typename H>
  friend H AbslHashValue(H state, StrongId id) {
    return H::combine(std::move(state), id.value_);
  }
  friend std::ostream& operator<<(std::ostream& out, StrongId id) { return out << +id.value_; }

 private:
  Rep value_{};
};

}  // namespace freshet

template <typename Tag, typename Rep>
struct std::hash<freshet::StrongId<Tag, Rep>> {
  size_t operator()(freshet::StrongId<Tag, Rep> id) const noexcept { return std::hash<Rep>()(id.value()); }
};
