#include "server/pipelines/signed_token.h"

#include <cstring>

#include "absl/strings/escaping.h"
#include "engine/base/key_hash.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

constexpr size_t kChecksumBytes = 8;

}  // namespace

std::string EncodeToken(const google::protobuf::MessageLite& content, uint64_t seed) {
  std::string bytes = content.SerializeAsString();
  uint64_t checksum = HashBytes(bytes.data(), bytes.size(), seed);
  bytes.append(reinterpret_cast<const char*>(&checksum), kChecksumBytes);
  return absl::WebSafeBase64Escape(bytes);
}

bool DecodeToken(std::string_view text, uint64_t seed, google::protobuf::MessageLite* content) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(AbslView(text), &bytes) || bytes.size() <= kChecksumBytes) return false;
  uint64_t checksum = 0;
  std::memcpy(&checksum, bytes.data() + bytes.size() - kChecksumBytes, kChecksumBytes);
  bytes.resize(bytes.size() - kChecksumBytes);
  return checksum == HashBytes(bytes.data(), bytes.size(), seed) && content->ParseFromString(bytes);
}

}  // namespace freshet
