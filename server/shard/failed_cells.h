// Counts the ERROR cells that a materialized view or table keeps, by column and code, for /errors.
//
// Idea: a view's changes pass by here on their way into its store. A batch says by its error bitmaps whether there is
// anything to count, so that a view without ERROR cells pays a look at one pointer a column and batch. Counts are kept
// by the vnode of the row's key and saved as a state beside the view's rows, so that they survive whatever the rows
// survive.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "engine/circuit/operator.h"
#include "engine/columnar/key_columns.h"
#include "engine/columnar/types.h"
#include "freshet/v1/shard_service.pb.h"

namespace freshet {

// The counts. Belongs to the compute thread.
class FailedCells {
 public:
  struct Options {
    std::string node;
    Schema schema;
    KeyColumns key;  // by which the view's rows are spread
    uint64_t hash_seed = 0;
  };

  explicit FailedCells(Options options) : options_(std::move(options)) {}

  // Takes changes of the view: a retraction takes its insertion's count back.
  void Count(const DeltaBatch& batch);

  // What is above 0, with a row that is there as the sample, unless all the rows that were remembered are gone.
  void AppendTo(std::vector<v1::ExpressionError>* out) const;

  void SaveDirty(const StateId& id, StateWriter& writer);
  absl::Status Load(const StateId& id, VnodeId vnode, StateReader& reader);

 private:
  struct Place {
    VnodeId vnode;
    uint32_t column = 0;
    CellError error = CellError::kNone;

    auto operator<=>(const Place& other) const {
      return std::tuple(column, error, vnode.value()) <=> std::tuple(other.column, other.error, other.vnode.value());
    }
    bool operator==(const Place&) const = default;
  };
  struct Failures {
    int64_t count = 0;
    std::vector<std::string> samples;
    bool dirty = false;
  };

  void CountCell(const Place& place, int64_t weight, const DeltaBatch& batch, uint32_t row);

  const Options options_;
  std::map<Place, Failures> failures_;
};

// Counts what goes into `inner`, which does all else. The counts must outlive it.
class FailedCellsOperator : public Operator {
 public:
  FailedCellsOperator(FailedCells* cells, StateId id, std::unique_ptr<Operator> inner)
      : cells_(cells), id_(std::move(id)), inner_(std::move(inner)) {}

  Progress Push(PortIndex port, const DeltaBatch& batch, Output& out) override {
    cells_->Count(batch);
    return inner_->Push(port, batch, out);
  }
  Progress Seal(const SealContext& context, Output& out) override { return inner_->Seal(context, out); }
  Progress Resume(Output& out) override { return inner_->Resume(out); }
  bool SealsWithoutInput() const override { return inner_->SealsWithoutInput(); }
  void SaveDirty(StateWriter& writer) override {
    cells_->SaveDirty(id_, writer);
    inner_->SaveDirty(writer);
  }
  absl::Status Load(StateReader& reader, VnodeId vnode) override {
    absl::Status status = cells_->Load(id_, vnode, reader);
    return status.ok() ? inner_->Load(reader, vnode) : status;
  }
  size_t StateBytes() const override { return inner_->StateBytes(); }

 private:
  FailedCells* const cells_;
  const StateId id_;
  const std::unique_ptr<Operator> inner_;
};

}  // namespace freshet
