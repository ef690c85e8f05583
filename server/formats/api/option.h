// Declares the options that formats and connectors take, and checks what a definition gives against the declarations.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "freshet/v1/pipeline.pb.h"
#include "server/errors/error_list.h"

namespace freshet {

// One option: it is declared once, and checked, defaulted and documented from here.
struct OptionDeclaration {
  std::string_view name;
  std::string_view doc;                 // one line for the reference page
  std::string_view default_value = {};  // empty = none
  bool required = false;
  std::vector<std::string_view> allowed = {};  // empty = what `check` takes
  // Whether a value is one that the option takes; the message says what it takes. nullptr = any text.
  absl::Status (*check)(std::string_view value) = nullptr;
  bool secret = false;  // only as ${env:X} or ${file:P}
};

using Problems = std::vector<v1::Problem>;

// Appends an ERROR problem.
void AddProblem(Problems& problems, ErrorCode code, std::string_view path, std::string_view message,
                std::string_view suggestion = {});

// Checks every option given: unknown ones (with the nearest known name), missing ones, values, literal secrets.
// `owner` names who declares them, for messages ("connector files"). Paths: `options.NAME`.
void CheckOptions(std::string_view owner, std::span<const OptionDeclaration> declared,
                  const std::map<std::string, std::string>& given, Problems& problems);

// The value given, else the declared default, else empty. CHECKs that the option is declared.
std::string OptionValue(std::span<const OptionDeclaration> declared, const std::map<std::string, std::string>& given,
                        std::string_view name);

// Whether a value is a reference to a secret: exactly `${env:X}` or `${file:P}`.
bool IsSecretReference(std::string_view value);
// Reads what a reference leads to, without its last newline; another value is returned as it is. Errors name the
// reference, never the secret.
absl::StatusOr<std::string> ResolveSecret(std::string_view value);

// The name of `known` that is nearest to `name` by edits, or empty when none is near.
std::string NearestName(std::string_view name, std::span<const std::string_view> known);

// Checks for values.
absl::Status CheckPositiveInteger(std::string_view value);
absl::Status CheckBoolean(std::string_view value);  // true or false
absl::Status CheckOneByte(std::string_view value);  // a character, or \t

}  // namespace freshet
