#pragma once

#include "server/plan/plan_node.h"

namespace freshet {

// Puts exchanges where rows must move: keyed state belongs to the shard that owns the vnode of the key's hash, so its
// input is spread by exactly that key. What lies so already is not moved.
PlanTree PlaceExchanges(const PlanTree& tree);

}  // namespace freshet
