#include "server/pipelines/change_token.h"

#include "freshet/v1/catalog.pb.h"
#include "server/errors/error_list.h"
#include "server/pipelines/signed_token.h"

namespace freshet {

std::string EncodeChangeToken(const ChangeToken& token, uint64_t seed) {
  v1::ChangeTokenContent content;
  content.set_pipeline_uid(token.pipeline_uid);
  content.set_view(token.view);
  content.set_history(token.history);
  content.set_epoch(token.epoch);
  return EncodeToken(content, seed);
}

absl::StatusOr<ChangeToken> DecodeChangeToken(std::string_view text, uint64_t seed) {
  v1::ChangeTokenContent content;
  // Every token has an epoch: others' are told from it by that.
  if (!DecodeToken(text, seed, &content) || content.epoch() == 0) {
    return MakeError(ErrorCode::kInvalidToken, "the event id was not made by this server");
  }
  return ChangeToken{content.pipeline_uid(), content.view(), content.history(), content.epoch()};
}

}  // namespace freshet
