#include "server/pipelines/page_token.h"

#include "freshet/v1/catalog.pb.h"
#include "server/errors/error_list.h"
#include "server/pipelines/signed_token.h"

namespace freshet {

std::string EncodePageToken(const PageToken& token, uint64_t seed) {
  v1::PageTokenContent content;
  content.set_pipeline_uid(token.pipeline_uid);
  content.set_revision(token.revision);
  content.set_epoch(token.epoch);
  content.set_query_hash(token.query_hash);
  content.set_shard(token.shard);
  content.set_after(token.after);
  return EncodeToken(content, seed);
}

absl::StatusOr<PageToken> DecodePageToken(std::string_view text, uint64_t seed) {
  v1::PageTokenContent content;
  if (!DecodeToken(text, seed, &content)) {
    return MakeError(ErrorCode::kInvalidToken, "the page token was not made by this server");
  }
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
