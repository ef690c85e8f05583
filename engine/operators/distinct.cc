#include "engine/operators/distinct.h"

#include "engine/base/check.h"
#include "engine/operators/group_aggregate.h"

namespace freshet {

std::unique_ptr<Operator> MakeDistinct(DistinctOptions options) {
  CHECK(!options.input_types.empty());
  GroupAggregate::Options group;
  for (uint32_t i = 0; i < options.input_types.size(); ++i) group.key.push_back(ColumnIndex(i));
  group.input_types = std::move(options.input_types);
  group.state = std::move(options.state);
  group.hash_seed = options.hash_seed;
  group.errors = options.errors;
  return std::make_unique<GroupAggregate>(std::move(group));
}

}  // namespace freshet
