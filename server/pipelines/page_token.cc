#include "server/pipelines/page_token.h"

#include <cstring>

#include "absl/strings/escaping.h"
#include "engine/base/key_hash.h"
#include "engine/base/str_cat.h"
#include "freshet/v1/catalog.pb.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

constexpr size_t kChecksumBytes = 8;

uint64_t Checksum(std::string_view bytes, uint64_t seed) { return HashBytes(bytes.data(), bytes.size(), seed); }

}  // namespace

std::string EncodePageToken(const PageToken& token, uint64_t seed) {
  v1::PageTokenContent content;
  content.set_pipeline_uid(token.pipeline_uid);
  content.set_revision(token.revision);
  content.set_epoch(token.epoch);
  content.set_query_hash(token.query_hash);
  content.set_shard(token.shard);
  content.set_after(token.after);
  std::string bytes = content.SerializeAsString();
  uint64_t checksum = Checksum(bytes, seed);
  bytes.append(reinterpret_cast<const char*>(&checksum), kChecksumBytes);
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<PageToken> DecodePageToken(std::string_view text, uint64_t seed) {
  std::string bytes;
  uint64_t checksum = 0;
  v1::PageTokenContent content;
  bool ok = absl::WebSafeBase64Unescape(AbslView(text), &bytes) && bytes.size() > kChecksumBytes;
  if (ok) {
    std::memcpy(&checksum, bytes.data() + bytes.size() - kChecksumBytes, kChecksumBytes);
    bytes.resize(bytes.size() - kChecksumBytes);
    ok = checksum == Checksum(bytes, seed) && content.ParseFromString(bytes);
  }
  if (!ok) return MakeError(ErrorCode::kInvalidToken, "the page token was not made by this server");
  PageToken token;
  token.pipeline_uid = content.pipeline_uid();
  token.revision = content.revision();
  token.epoch = content.epoch();
  token.query_hash = content.query_hash();
  token.shard = content.shard();
  token.after = content.after();
  return token;
}

}  // namespace freshet
