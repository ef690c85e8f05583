// Turns an epoch of a sink into records, partition by partition: sorted by key, numbered, coded one by one as they are
// asked for. The same changes give the same records in the same order.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "engine/columnar/types.h"
#include "server/connectors/api/sink_options.h"
#include "server/connectors/api/sink_writer.h"
#include "server/connectors/kafka/sink_broker.h"

namespace freshet {

struct SinkCoding {
  Schema schema;
  KeyColumns key;           // of a message; empty: no key
  bool has_key = false;     // a key without columns is one, too: of a relation of at most one row
  KeyColumns partition_by;  // empty: the whole row
  SinkEnvelope envelope = SinkEnvelope::kPlain;
  uint32_t partition_count = 1;
};

class SinkRecords {
 public:
  // `coding` outlives it.
  SinkRecords(const SinkCoding* coding, SinkEpoch epoch, Epoch history);

  Epoch epoch() const { return epoch_.epoch; }
  // Goes back to the first record.
  void Rewind();
  // The next record's partition and mark; false: there is none left.
  bool Next(uint32_t* partition, SinkMark* mark);
  // Codes the record that Next told of last.
  SinkRecord Code() const;

 private:
  struct RowRef {
    uint32_t batch;
    uint32_t row;
  };
  struct Part {
    uint32_t partition;
    std::vector<RowRef> rows;  // sorted
  };
  bool IsBefore(RowRef a, RowRef b) const;
  int64_t WeightOf(RowRef ref) const { return epoch_.batches[ref.batch].WeightAt(ref.row); }
  // Where the rows with the key of `from` end.
  size_t EndOfKey(const Part& part, size_t from) const;
  std::string KeyOf(RowRef ref) const;

  const SinkCoding* const coding_;
  const SinkEpoch epoch_;
  const Epoch history_;
  std::vector<Part> parts_;

  // The record at hand: rows [begin_, end_) of part_, or for envelope plain copy copy_ of one row.
  size_t part_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
  int64_t copies_left_ = 0;
  uint64_t sequence_ = 0;
};

}  // namespace freshet
