// Gives rows of constants, once, at the seal of the first epoch, on the shard that owns the vnode of the empty key.
#pragma once

#include <vector>

#include "engine/circuit/operator.h"
#include "engine/expr/expression.h"

namespace freshet {

class Values : public Operator {
 public:
  struct Options {
    std::vector<std::vector<Expression>> rows;  // of equal types; they read no column
    // Whether this shard owns the vnode of the empty key.
    bool owns_empty_key = true;
    // Keeps that the rows were given.
    StateId state;
    uint64_t hash_seed = 0;
  };

  explicit Values(Options options);

  // It has no port.
  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override;
  Progress Seal(const SealContext& context, Output& out) override;
  Progress Resume(Output& out) override;
  bool SealsWithoutInput() const override { return options_.owns_empty_key && !sealed_; }
  void SaveDirty(StateWriter& writer) override;
  absl::Status Load(StateReader& reader, VnodeId vnode) override;

 private:
  const Options options_;
  const uint64_t hash_;
  size_t given_ = 0;
  bool sealed_ = false;
  bool dirty_ = false;
};

}  // namespace freshet
