// A source whose rows a test writes down, and lets through as it likes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/circuit/source.h"
#include "engine/columnar/text_form.h"

namespace freshet {

// The whole input of one table: the rows of each partition with their weights, in order.
struct Script {
  Schema schema;
  std::map<std::string, std::vector<std::pair<Row, int64_t>>> partitions;
};

// The rows of a script up to positions: what a cut means.
ZSet RowsUpTo(const Script& script, const Positions& positions);

// Reads the partitions of a script that belong to one shard. A position's offset is a number of rows.
class ScriptedSource : public Source {
 public:
  struct Options {
    std::vector<std::string> partitions;  // of this shard
    uint32_t batch_rows = kBatchRows;
    bool is_static = true;  // finished once everything is taken
  };

  // The script is shared with the test and not changed.
  ScriptedSource(std::shared_ptr<const Script> script, Options options);

  // Lets rows of a partition through up to this number (all of them at first). The load is what has been let through
  // at Open.
  void Release(const std::string& partition, int64_t rows);
  // The rows that the script has now.
  size_t size(const std::string& partition) const { return script_->partitions.at(partition).size(); }
  void Fail(absl::Status health) { health_ = std::move(health); }
  const std::vector<std::string>& partitions() const { return options_.partitions; }
  int64_t taken(const std::string& partition) const { return partitions_.at(partition).next; }

  absl::Status Open(const Positions& from, const std::optional<Positions>& until) override;
  void Continue(const std::optional<Positions>& until) override;
  WaitingInput Waiting() const override;
  std::optional<DeltaBatch> Take() override;
  Positions TakePositions() override;
  SourceProgress Progress() const override;
  absl::Status Health() const override { return health_; }

 private:
  struct Partition {
    int64_t next = 0;  // the first row that is not taken
    int64_t told = 0;  // as of the last TakePositions
    int64_t released = 0;
    int64_t load_end = 0;
    int64_t until = -1;  // -1: none
    int64_t end() const { return until >= 0 ? until : released; }
  };

  const std::shared_ptr<const Script> script_;
  const Options options_;
  std::map<std::string, Partition> partitions_;
  bool open_ = false;
  bool replaying_ = false;
  absl::Status health_;
  uint64_t rows_ = 0;
};

}  // namespace freshet
