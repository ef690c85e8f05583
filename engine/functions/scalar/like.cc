// LIKE and ILIKE. `%` stands for any text, `_` for one character, the escape character (backslash) takes their meaning
// away. A pattern is parsed once per batch when it is constant; the common shapes need no matcher.
#include <string>
#include <vector>

#include "engine/columnar/characters.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"
#include "engine/functions/scalar/letter_case.h"

namespace freshet {
namespace {

class LikePattern {
 public:
  explicit LikePattern(std::string_view pattern) {
    for (size_t i = 0; i < pattern.size(); ++i) {
      if (pattern[i] == '\\') {
        if (++i == pattern.size()) {
          malformed_ = true;
          return;
        }
        elements_.push_back(static_cast<unsigned char>(pattern[i]));
      } else if (pattern[i] == '%') {
        if (elements_.empty() || elements_.back() != kAnyText) elements_.push_back(kAnyText);
      } else {
        elements_.push_back(pattern[i] == '_' ? kAnyCharacter : static_cast<unsigned char>(pattern[i]));
      }
    }
    FindShape();
  }

  // It ends in an escape character.
  bool malformed() const { return malformed_; }

  bool Matches(std::string_view text) const {
    switch (shape_) {
      case Shape::kWhole:
        return text == literal_;
      case Shape::kPrefix:
        return text.starts_with(literal_);
      case Shape::kSuffix:
        return text.ends_with(literal_);
      case Shape::kInfix:
        return text.find(literal_) != std::string_view::npos;
      case Shape::kGeneral:
        return MatchesElements(text);
    }
    __builtin_unreachable();
  }

 private:
  enum class Shape : uint8_t { kWhole, kPrefix, kSuffix, kInfix, kGeneral };
  // A byte, or one of these.
  using Element = uint16_t;
  static constexpr Element kAnyCharacter = 256;
  static constexpr Element kAnyText = 257;

  void FindShape() {
    size_t first = !elements_.empty() && elements_.front() == kAnyText ? 1 : 0;
    size_t last = elements_.size();
    if (last > first && elements_.back() == kAnyText) --last;
    for (size_t i = first; i < last; ++i) {
      if (elements_[i] >= kAnyCharacter) return;
      literal_.push_back(static_cast<char>(elements_[i]));
    }
    bool open_front = first > 0;
    bool open_back = last < elements_.size();
    if (open_front && last == first) open_back = true;  // only `%`
    shape_ = open_front ? (open_back ? Shape::kInfix : Shape::kSuffix) : (open_back ? Shape::kPrefix : Shape::kWhole);
  }

  // Goes back to the last `%` only: what it took before can stay taken.
  bool MatchesElements(std::string_view text) const {
    size_t element = 0;
    size_t at = 0;
    size_t retry_element = 0;
    size_t retry_at = 0;
    bool has_retry = false;
    while (at < text.size() || element < elements_.size()) {
      if (element < elements_.size()) {
        Element wanted = elements_[element];
        if (wanted == kAnyText) {
          retry_element = ++element;
          retry_at = at;
          has_retry = true;
          continue;
        }
        if (at < text.size() && wanted == kAnyCharacter) {
          at += FirstCharacterBytes(text.substr(at));
          ++element;
          continue;
        }
        if (at < text.size() && wanted == static_cast<unsigned char>(text[at])) {
          ++at;
          ++element;
          continue;
        }
      }
      if (!has_retry || retry_at >= text.size()) return false;
      retry_at += FirstCharacterBytes(text.substr(retry_at));
      at = retry_at;
      element = retry_element;
    }
    return true;
  }

  std::vector<Element> elements_;
  std::string literal_;
  Shape shape_ = Shape::kGeneral;
  bool malformed_ = false;
};

template <bool kIgnoreCase, bool kNegated>
void LikeKernel(KernelCall& call) {
  const Vector& text = call.argument(0);
  const Vector& pattern = call.argument(1);
  std::string folded_pattern;
  std::string folded_text;
  auto fold = [](std::string_view from, std::string* memory) -> std::string_view {
    if constexpr (!kIgnoreCase) return from;
    memory->clear();
    AppendLower(from, memory);
    return *memory;
  };
  std::string_view parsed_text;
  LikePattern parsed("");
  ComputeRows<uint8_t>(call, [&, is_parsed = false](uint32_t row) mutable {
    if (!is_parsed || !pattern.constant()) {
      std::string_view wanted = pattern.At<StringCell>(row).view();
      if (!is_parsed || wanted != parsed_text) {
        parsed = LikePattern(fold(wanted, &folded_pattern));
        parsed_text = wanted;
        is_parsed = true;
      }
    }
    if (parsed.malformed()) {
      call.Fail(row, CellError::kInvalidArgument);
      return uint8_t{0};
    }
    return static_cast<uint8_t>(parsed.Matches(fold(text.At<StringCell>(row).view(), &folded_text)) != kNegated);
  });
}

// Rewrites a pattern with another escape character into one with the backslash. An empty `escape` = none.
void RewriteEscape(std::string_view pattern, std::string_view escape, std::string* out) {
  bool escaped = false;
  while (!pattern.empty()) {
    size_t bytes = FirstCharacterBytes(pattern);
    std::string_view character = pattern.substr(0, bytes);
    pattern.remove_prefix(bytes);
    if (!escape.empty() && character == escape && !escaped) {
      out->push_back('\\');
      escaped = true;
      continue;
    }
    if (character == "\\" && !escaped) out->push_back('\\');
    out->append(character);
    escaped = false;
  }
}

void LikeEscapeKernel(KernelCall& call) {
  const Vector& pattern = call.argument(0);
  const Vector& escape = call.argument(1);
  std::string& out = call.scratch();
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    std::string_view character = escape.At<StringCell>(row).view();
    if (CountCharacters(character) > 1) {
      call.Fail(row, CellError::kInvalidArgument);
      return StringCell();
    }
    out.clear();
    RewriteEscape(pattern.At<StringCell>(row).view(), character, &out);
    return call.TextOrFail(row, out);
  });
}

}  // namespace

void AddLikeFunctions(ScalarFunctionList* list) {
  constexpr TypeKind kText = TypeKind::kText;
  auto add = [&](std::string_view name, ScalarKernel kernel, std::string_view doc) {
    list->push_back({name, {kText, kText}, TypeKind::kBoolean, kernel, doc});
  };
  add("~~", LikeKernel<false, false>, "LIKE: % stands for any text, _ for one character, \\ escapes.");
  add("!~~", LikeKernel<false, true>, "NOT LIKE.");
  add("~~*", LikeKernel<true, false>, "ILIKE: LIKE without regard to case.");
  add("!~~*", LikeKernel<true, true>, "NOT ILIKE.");
  list->push_back({"like_escape",
                   {kText, kText},
                   kText,
                   LikeEscapeKernel,
                   "Rewrites a LIKE pattern with another escape character for LIKE (... LIKE ... ESCAPE ...)."});
}

}  // namespace freshet
