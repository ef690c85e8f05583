// tail: follows the changes of a view as they come. Also what `rows --watch` waits by.
#pragma once

#include <string>

#include "tools/cli/commands/session.h"

namespace freshet {

struct TailOptions {
  std::string pipeline;
  std::string view;
  std::string from = "now";  // snapshot, now or an epoch
  std::string envelope = "changes";
};
// Ends with the stream: when nothing can follow, or with an error that a new connection does not mend. A lost
// connection is made anew, and goes on where it was lost.
absl::Status Tail(const Session& session, const TailOptions& options);

// Waits for the next changes of a view. `*token` says behind which place (empty: now) and is moved on; with an empty
// one it returns at once. Not before something has changed, or an error that does not pass.
absl::Status WaitForChange(const HttpClient& http, const std::string& pipeline, const std::string& view,
                           std::string* token);

}  // namespace freshet
