// Opaque tokens that are handed to users and come back: a message with a checksum that only this data directory makes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "google/protobuf/message_lite.h"

namespace freshet {

// Safe in URLs. `seed`: the data directory's.
std::string EncodeToken(const google::protobuf::MessageLite& content, uint64_t seed);
// False: not a token that EncodeToken made with this seed.
bool DecodeToken(std::string_view text, uint64_t seed, google::protobuf::MessageLite* content);

}  // namespace freshet
