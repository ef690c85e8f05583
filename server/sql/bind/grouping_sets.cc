#include "server/sql/bind/grouping_sets.h"

#include "engine/base/str_cat.h"

namespace freshet {
namespace {

constexpr size_t kMaxSets = 256;

using Sets = std::vector<GroupingSet>;

// Every set of the one beside every set of the other. At most one more than may be.
Sets Product(const Sets& left, const Sets& right) {
  Sets product;
  for (const GroupingSet& first : left) {
    for (const GroupingSet& second : right) {
      if (product.size() > kMaxSets) return product;
      product.push_back(first);
      product.back().insert(product.back().end(), second.begin(), second.end());
    }
  }
  return product;
}

Sets SetsOf(const GroupingItem& item) {
  Sets sets;
  switch (item.kind) {
    case GroupingKind::kKey:
      return {{item.key}};
    case GroupingKind::kList:
      sets = {{}};
      for (const GroupingItem& each : item.items) sets = Product(sets, SetsOf(each));
      return sets;
    case GroupingKind::kSets:
      for (const GroupingItem& each : item.items) {
        for (GroupingSet& set : SetsOf(each)) {
          if (sets.size() <= kMaxSets) sets.push_back(std::move(set));
        }
      }
      return sets;
    case GroupingKind::kRollup:
      sets = {{}};
      for (const GroupingItem& each : item.items) sets.insert(sets.begin(), Product({sets[0]}, SetsOf(each))[0]);
      return sets;
    case GroupingKind::kCube:
      sets = {{}};
      for (const GroupingItem& each : item.items) {
        Sets with_it = SetsOf(each);
        with_it.emplace_back();
        sets = Product(sets, with_it);
      }
      return sets;
  }
  __builtin_unreachable();
}

}  // namespace

std::optional<std::vector<GroupingSet>> GroupingSetsOf(const std::vector<GroupingItem>& group_by,
                                                       std::vector<ExpressionError>& errors) {
  Sets sets = {{}};
  for (const GroupingItem& item : group_by) sets = Product(sets, SetsOf(item));
  if (sets.size() <= kMaxSets) return sets;
  errors.push_back({ErrorCode::kExpressionTooLarge, StrCat("GROUP BY has more than ", kMaxSets, " grouping sets"),
                    "name the sets that are wanted: GROUPING SETS (...)", group_by[0].offset});
  return std::nullopt;
}

}  // namespace freshet
