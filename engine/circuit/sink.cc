#include "engine/circuit/sink.h"

#include <algorithm>

namespace freshet {

void MergeSinkPositions(const SinkPositions& from, SinkPositions* into) {
  into->resize(std::max(into->size(), from.size()));
  for (size_t sink = 0; sink < from.size(); ++sink) {
    for (const auto& [partition, position] : from[sink]) {
      SinkPosition& known = (*into)[sink][partition];
      if (known.done <= position.done) known = position;
    }
  }
}

}  // namespace freshet
