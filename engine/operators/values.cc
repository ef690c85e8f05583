#include "engine/operators/values.h"

#include "engine/base/check.h"
#include "engine/columnar/key_columns.h"
#include "engine/expr/program.h"

namespace freshet {
namespace {

uint64_t EmptyKeyHash(uint64_t seed) { return HashKeys(DeltaBatch(1, {}), {}, seed).as<uint64_t>()[0]; }

}  // namespace

Values::Values(Options options) : options_(std::move(options)), hash_(EmptyKeyHash(options_.hash_seed)) {}

Progress Values::Push(PortIndex, const DeltaBatch&, Output&) {
  CHECK(false) << "values have no input";
  return Progress::kDone;
}

Progress Values::Seal(const SealContext&, Output& out) {
  sealed_ = true;
  dirty_ = true;
  return Resume(out);
}

Progress Values::Resume(Output& out) {
  while (given_ < options_.rows.size()) {
    DeltaBatch row(1, Program({}, options_.rows[given_]).Evaluate(DeltaBatch(1, {})));
    ++given_;
    out.Emit(std::move(row));
    if (out.full() && given_ < options_.rows.size()) return Progress::kMore;
  }
  return Progress::kDone;
}

void Values::SaveDirty(StateWriter& writer) {
  if (dirty_) writer.Put(options_.state, VnodeOf(hash_), hash_, 0, "");
  dirty_ = false;
}

absl::Status Values::Load(StateReader& reader, VnodeId vnode) {
  return reader.Load(options_.state, vnode, [this](uint64_t, uint32_t, std::string_view) {
    sealed_ = true;
    return absl::OkStatus();
  });
}

}  // namespace freshet
