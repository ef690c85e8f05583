#include "server/formats/api/option.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <sstream>
#include <system_error>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

// Edits (insert, delete, replace) that lead from one name to the other.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

const OptionDeclaration* FindOption(std::span<const OptionDeclaration> declared, std::string_view name) {
  auto found = std::find_if(declared.begin(), declared.end(), [&](const auto& option) { return option.name == name; });
  return found == declared.end() ? nullptr : &*found;
}

std::string JoinNames(std::span<const std::string_view> names) {
  std::string joined;
  for (std::string_view name : names) {
    if (!joined.empty()) joined += ", ";
    joined += name;
  }
  return joined;
}

void CheckValue(const OptionDeclaration& option, std::string_view value, Problems& problems) {
  std::string path = StrCat("options.", option.name);
  if (option.secret && !IsSecretReference(value)) {
    AddProblem(problems, ErrorCode::kLiteralSecret, path,
               StrCat("option ", option.name, " is a secret and is written out"),
               "write ${env:NAME} or ${file:PATH}; it is read where the source is opened, and never stored");
    return;
  }
  if (!option.allowed.empty() &&
      std::find(option.allowed.begin(), option.allowed.end(), value) == option.allowed.end()) {
    std::string nearest = NearestName(value, option.allowed);
    std::string suggestion = nearest.empty() ? std::string() : StrCat("did you mean ", nearest, "?");
    AddProblem(problems, ErrorCode::kInvalidOption, path,
               StrCat("option ", option.name, " takes ", JoinNames(option.allowed), "; not \"", value, "\""),
               suggestion);
    return;
  }
  if (option.check != nullptr) {
    if (absl::Status status = option.check(value); !status.ok()) {
      AddProblem(problems, ErrorCode::kInvalidOption, path,
                 StrCat("option ", option.name, ": ", StdView(status.message()), "; not \"", value, "\""));
    }
  }
}

}  // namespace

void AddProblem(Problems& problems, ErrorCode code, std::string_view path, std::string_view message,
                std::string_view suggestion) {
  v1::Problem& problem = problems.emplace_back();
  problem.set_code(std::string(InfoOf(code).name));
  problem.set_path(std::string(path));
  problem.set_message(std::string(message));
  problem.set_suggestion(std::string(suggestion));
}

void CheckOptions(std::string_view owner, std::span<const OptionDeclaration> declared,
                  const std::map<std::string, std::string>& given, Problems& problems) {
  std::vector<std::string_view> names;
  for (const OptionDeclaration& option : declared) names.push_back(option.name);
  for (const auto& [name, value] : given) {
    if (const OptionDeclaration* option = FindOption(declared, name)) {
      CheckValue(*option, value, problems);
      continue;
    }
    std::string nearest = NearestName(name, names);
    AddProblem(problems, ErrorCode::kUnknownOption, StrCat("options.", name), StrCat(owner, " has no option ", name),
               nearest.empty() ? StrCat("known are ", JoinNames(names)) : StrCat("did you mean ", nearest, "?"));
  }
  for (const OptionDeclaration& option : declared) {
    if (!option.required || given.contains(std::string(option.name))) continue;
    AddProblem(problems, ErrorCode::kMissingOption, StrCat("options.", option.name),
               StrCat(owner, " needs the option ", option.name, ": ", option.doc));
  }
}

std::string OptionValue(std::span<const OptionDeclaration> declared, const std::map<std::string, std::string>& given,
                        std::string_view name) {
  const OptionDeclaration* option = FindOption(declared, name);
  CHECK(option != nullptr) << name;
  auto found = given.find(std::string(name));
  return found == given.end() ? std::string(option->default_value) : found->second;
}

bool IsSecretReference(std::string_view value) {
  bool from_environment = value.starts_with("${env:");
  size_t prefix = from_environment ? 6 : 7;
  return (from_environment || value.starts_with("${file:")) && value.ends_with('}') && value.size() > prefix + 1 &&
         value.find('}') == value.size() - 1;
}

absl::StatusOr<std::string> ResolveSecret(std::string_view value) {
  if (!IsSecretReference(value)) return std::string(value);
  bool from_environment = value.starts_with("${env:");
  std::string name(value.substr(from_environment ? 6 : 7));
  name.pop_back();
  if (from_environment) {
    const char* found = std::getenv(name.c_str());
    if (found == nullptr) {
      return MakeError(ErrorCode::kInvalidOption,
                       StrCat(value, ": the environment variable ", name,
                              " is not set where freshetd runs; set it there and start freshetd anew"));
    }
    return std::string(found);
  }
  std::ifstream file(name, std::ios::binary);
  if (!file)
    return MakeError(
        ErrorCode::kInvalidOption,
        StrCat(value, ": the file cannot be read; write it, readable for freshetd, and start the pipeline again"));
  std::ostringstream content;
  content << file.rdbuf();
  std::string secret = content.str();
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  return secret;
}

std::string NearestName(std::string_view name, std::span<const std::string_view> known) {
  if (name.size() > 64) return {};  // nobody means such a name, and the distance is quadratic
  std::string_view nearest;
  size_t least = std::max<size_t>(2, name.size() / 3) + 1;
  for (std::string_view candidate : known) {
    size_t distance = EditDistance(name, candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return std::string(nearest);
}

absl::Status CheckPositiveInteger(std::string_view value) {
  int64_t number = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc() && end == value.data() + value.size() && number > 0) return absl::OkStatus();
  return absl::InvalidArgumentError("takes a whole number above 0");
}

absl::Status CheckBoolean(std::string_view value) {
  if (value == "true" || value == "false") return absl::OkStatus();
  return absl::InvalidArgumentError("takes true or false");
}

absl::Status CheckOneByte(std::string_view value) {
  if (value == "\\t" || (value.size() == 1 && value != "\n" && value != "\r" && value != "\"" &&
                         static_cast<unsigned char>(value[0]) < 0x80)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("takes one ASCII character (\\t for a tabulator) that is no quote or line end");
}

}  // namespace freshet
