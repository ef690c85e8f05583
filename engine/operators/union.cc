#include "engine/operators/union.h"

namespace freshet {

Progress Union::Push(PortIndex, const DeltaBatch& batch, Output& out) {
  out.Emit(batch);
  return Progress::kDone;
}

}  // namespace freshet
