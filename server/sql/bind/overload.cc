#include "server/sql/bind/overload.h"

#include <algorithm>

#include "engine/functions/function_list.h"

namespace freshet {
namespace {

enum class Category : uint8_t { kBoolean, kNumeric, kString, kDateTime, kTimespan, kBytes, kUuid, kJson, kArray };

Category CategoryOf(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBoolean:
      return Category::kBoolean;
    case TypeKind::kSmallint:
    case TypeKind::kInteger:
    case TypeKind::kBigint:
    case TypeKind::kNumeric:
    case TypeKind::kDouble:
    case TypeKind::kReal:
      return Category::kNumeric;
    case TypeKind::kText:
      return Category::kString;
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestamptz:
    case TypeKind::kTime:
      return Category::kDateTime;
    case TypeKind::kInterval:
      return Category::kTimespan;
    case TypeKind::kBytea:
      return Category::kBytes;
    case TypeKind::kUuid:
      return Category::kUuid;
    case TypeKind::kJsonb:
      return Category::kJson;
    case TypeKind::kArray:
      return Category::kArray;
  }
  __builtin_unreachable();
}

bool IsPreferred(TypeKind kind) {
  return kind == TypeKind::kBoolean || kind == TypeKind::kDouble || kind == TypeKind::kText ||
         kind == TypeKind::kTimestamptz || kind == TypeKind::kInterval;
}

bool Fits(ArgumentType argument, TypeKind wanted) {
  return !argument || *argument == wanted || IsImplicitCast(*argument, wanted);
}

using Candidates = std::vector<size_t>;

// Keeps the candidates with the highest score.
template <typename Score>
Candidates Best(const Candidates& candidates, Score score) {
  Candidates best;
  int highest = -1;
  for (size_t candidate : candidates) {
    int points = score(candidate);
    if (points > highest) best.clear(), highest = points;
    if (points == highest) best.push_back(candidate);
  }
  return best;
}

class Chooser {
 public:
  Chooser(std::span<const Signature> signatures, std::span<const ArgumentType> arguments)
      : signatures_(signatures), arguments_(arguments) {}

  OverloadChoice Choose() {
    Candidates candidates;
    for (size_t i = 0; i < signatures_.size(); ++i) {
      if (signatures_[i].size() != arguments_.size()) continue;
      bool fits = true;
      for (size_t k = 0; k < arguments_.size(); ++k) fits = fits && Fits(arguments_[k], signatures_[i][k]);
      if (fits) candidates.push_back(i);
    }
    if (candidates.empty()) return {};
    candidates = Best(candidates,
                      [&](size_t i) { return Count(i, [&](TypeKind has, TypeKind wants) { return has == wants; }); });
    candidates = Best(candidates, [&](size_t i) {
      return Count(i, [&](TypeKind has, TypeKind wants) {
        return has == wants || (IsPreferred(wants) && CategoryOf(has) == CategoryOf(wants));
      });
    });
    if (candidates.size() > 1) candidates = ByLiterals(candidates);
    if (candidates.size() > 1) candidates = ByKnownType(candidates);
    if (candidates.size() > 1) return {std::nullopt, true};
    return {candidates[0], false};
  }

 private:
  // Arguments of known type for which `matches` holds.
  template <typename Matches>
  int Count(size_t candidate, Matches matches) const {
    int count = 0;
    for (size_t k = 0; k < arguments_.size(); ++k) {
      if (arguments_[k] && matches(*arguments_[k], signatures_[candidate][k])) ++count;
    }
    return count;
  }

  // Literals are texts if some candidate takes one there, else of the category that all candidates agree on; in it
  // preferred types win.
  Candidates ByLiterals(Candidates candidates) const {
    for (size_t k = 0; k < arguments_.size(); ++k) {
      if (arguments_[k]) continue;
      bool any_text = std::any_of(candidates.begin(), candidates.end(),
                                  [&](size_t i) { return CategoryOf(signatures_[i][k]) == Category::kString; });
      Category category = any_text ? Category::kString : CategoryOf(signatures_[candidates[0]][k]);
      bool agreed = any_text || std::all_of(candidates.begin(), candidates.end(),
                                            [&](size_t i) { return CategoryOf(signatures_[i][k]) == category; });
      if (!agreed) continue;
      candidates = Best(candidates, [&](size_t i) {
        TypeKind wants = signatures_[i][k];
        return CategoryOf(wants) != category ? 0 : IsPreferred(wants) ? 2 : 1;
      });
    }
    return candidates;
  }

  // If all known arguments have one type, literals are taken as of it.
  Candidates ByKnownType(const Candidates& candidates) const {
    std::optional<TypeKind> known;
    for (const ArgumentType& argument : arguments_) {
      if (!argument) continue;
      if (known && *known != *argument) return candidates;
      known = argument;
    }
    if (!known) return candidates;
    Candidates kept;
    for (size_t i : candidates) {
      bool fits = true;
      for (TypeKind wants : signatures_[i]) fits = fits && Fits(known, wants);
      if (fits) kept.push_back(i);
    }
    return kept.size() == 1 ? kept : candidates;
  }

  std::span<const Signature> signatures_;
  std::span<const ArgumentType> arguments_;
};

}  // namespace

OverloadChoice ChooseOverload(std::span<const Signature> signatures, std::span<const ArgumentType> arguments,
                              bool is_operator) {
  std::vector<ArgumentType> taken(arguments.begin(), arguments.end());
  if (is_operator && taken.size() == 2 && taken[0].has_value() != taken[1].has_value()) {
    TypeKind known = taken[0] ? *taken[0] : *taken[1];
    taken = {known, known};
  }
  for (size_t i = 0; i < signatures.size(); ++i) {
    bool exact = signatures[i].size() == taken.size();
    for (size_t k = 0; exact && k < taken.size(); ++k) exact = taken[k] == signatures[i][k];
    if (exact) return {i, false};
  }
  return Chooser(signatures, arguments).Choose();
}

std::optional<TypeKind> CommonType(std::span<const ArgumentType> arguments) {
  std::optional<TypeKind> common;
  for (const ArgumentType& argument : arguments) {
    if (!argument || argument == common) continue;
    if (!common) {
      common = argument;
      continue;
    }
    if (CategoryOf(*common) != CategoryOf(*argument)) return std::nullopt;
    if (IsPreferred(*common)) continue;
    if (IsImplicitCast(*common, *argument) && !IsImplicitCast(*argument, *common)) common = argument;
  }
  return common.value_or(TypeKind::kText);
}

}  // namespace freshet
