// Puts the rows of all inputs together (UNION ALL). The inputs have the same column types.
#pragma once

#include "engine/circuit/operator.h"

namespace freshet {

class Union : public Operator {
 public:
  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override;
};

}  // namespace freshet
