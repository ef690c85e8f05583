#include "server/planner/names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "engine/base/str_cat.h"
#include "server/formats/api/cell.h"

namespace freshet {
namespace {

constexpr size_t kMaxName = 63;
constexpr size_t kMaxColumnName = 255;

bool IsWordCharacter(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_'; }

}  // namespace

void CheckName(const std::string& name, std::string_view what, const std::string& path, ProblemList& problems) {
  bool valid = !name.empty() && name.size() <= kMaxName && !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
               std::all_of(name.begin(), name.end(), IsWordCharacter);
  if (valid) return;
  problems.Add({.code = ErrorCode::kInvalidName,
                .path = path,
                .message = StrCat("`", name.substr(0, 80), "` is no name for a ", what),
                .suggestion = "letters, digits and underscores, no digit first, at most 63"});
}

void CheckColumnName(const std::string& name, const std::string& path, ProblemList& problems) {
  if (!name.empty() && name.size() <= kMaxColumnName && IsValidUtf8(name)) return;
  problems.Add({.code = ErrorCode::kInvalidName,
                .path = path,
                .message = name.empty() ? "the column has no name" : "the column's name is longer than 255 bytes"});
}

void CheckPipelineName(const std::string& name, ProblemList& problems) {
  bool valid = !name.empty() && name.size() <= kMaxName && absl::ascii_islower(static_cast<unsigned char>(name[0])) &&
               std::all_of(name.begin(), name.end(), [](char c) {
                 return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                        absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '_' || c == '-';
               });
  if (valid || name.empty()) return;
  problems.Add({.code = ErrorCode::kInvalidName,
                .path = "name",
                .message = StrCat("`", name.substr(0, 80), "` is no name for a pipeline"),
                .suggestion = "small letters, digits, - and _, a letter first, at most 63"});
}

}  // namespace freshet
