// Keeps the dead letters of one source on one shard, bounded by number and bytes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/base/ids.h"
#include "freshet/v1/shard_service.pb.h"
#include "server/connectors/api/connector_source.h"
#include "server/connectors/api/decoded_block.h"

namespace freshet {

// Letters are known by (partition, offset): one that comes again, in a replay, takes the place of its former self.
class DeadLetterStore {
 public:
  DeadLetterStore(std::string table, std::string source, DeadLetterLimits limits);

  // Taken, but of no epoch yet: not listed.
  void Add(RejectedRecord record);
  // Gives the ones added since the last call to an epoch, and lets the oldest by stamp go where there are too many.
  void Seal(Epoch epoch);
  // As ConnectorSource::DeadLetters.
  std::vector<v1::DeadLetter> List(Epoch committed, std::string_view after, uint32_t limit) const;

  uint64_t total() const { return total_; }  // ever added
  uint64_t kept() const { return kept_.size(); }

 private:
  struct Kept {
    RejectedRecord record;
    uint64_t epoch = 0;
  };
  using Key = std::pair<std::string, int64_t>;              // partition, offset
  using Stamp = std::tuple<int64_t, std::string, int64_t>;  // time, partition, offset

  std::string CursorOf(const Key& key) const;
  static std::optional<Key> KeyOf(std::string_view cursor);
  void Remove(std::map<Key, Kept>::iterator letter);

  std::string table_;
  std::string source_;
  DeadLetterLimits limits_;
  std::vector<RejectedRecord> added_;
  std::map<Key, Kept> kept_;
  std::set<Stamp> by_stamp_;
  bool early_ = false;  // letters of no epoch are among those kept
  uint64_t bytes_ = 0;
  uint64_t total_ = 0;
};

}  // namespace freshet
