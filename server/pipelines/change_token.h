// Says after which epoch a stream of changes goes on. Opaque to clients.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace freshet {

struct ChangeToken {
  std::string pipeline_uid;
  std::string view;
  uint64_t history = 0;  // another one: epochs have other content than when the token was given
  uint64_t epoch = 0;

  bool operator==(const ChangeToken&) const = default;
};

// URL-safe text; `seed` is the data directory's, so that made-up tokens are told from ours.
std::string EncodeChangeToken(const ChangeToken& token, uint64_t seed);
// Error: INVALID_TOKEN.
absl::StatusOr<ChangeToken> DecodeChangeToken(std::string_view text, uint64_t seed);

}  // namespace freshet
