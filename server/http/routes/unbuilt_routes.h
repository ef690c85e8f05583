// Refuses, by name, what is described but not built in this release.
#pragma once

#include <memory>
#include <vector>

#include "server/http/api/route.h"

namespace freshet {

std::vector<std::unique_ptr<Route>> UnbuiltRoutes();

}  // namespace freshet
