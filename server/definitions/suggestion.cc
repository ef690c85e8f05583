#include "server/definitions/suggestion.h"

#include <vector>

#include "engine/base/str_cat.h"
#include "server/formats/api/option.h"

namespace freshet {
namespace {

constexpr size_t kMaxListed = 12;

}  // namespace

std::string SuggestName(std::string_view name, std::span<const std::string> candidates) {
  std::vector<std::string_view> known(candidates.begin(), candidates.end());
  std::string nearest = NearestName(name, known);
  if (!nearest.empty()) return StrCat("did you mean ", nearest, "?");
  if (candidates.empty() || candidates.size() > kMaxListed) return "";
  std::string list = "there is: ";
  for (size_t i = 0; i < candidates.size(); ++i) list += StrCat(i == 0 ? "" : ", ", candidates[i]);
  return list;
}

}  // namespace freshet
