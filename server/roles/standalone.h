// The role `standalone`: the server, which launches its shards on this host.
#pragma once

#include "server/settings/settings.h"

namespace freshet {

// Serves until SIGTERM or SIGINT. The exit code of the process: 0 stopped, 1 could not start.
int RunStandalone(const Settings& settings);

}  // namespace freshet
