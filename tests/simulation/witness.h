// Keeps what readers of a simulation saw and what clients were told, and checks it: at once where it contradicts
// itself, at the end against the log.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/bank.h"
#include "tests/simulation/simulated_shard.h"

namespace freshet {

// Of the log, by table.
using TablePositions = std::map<std::string, uint64_t>;

class Witness {
 public:
  // What is wrong, as it was found.
  const std::vector<std::string>& problems() const { return problems_; }
  void Complain(std::string problem) { problems_.push_back(std::move(problem)); }

  // A reader saw all of a view at an epoch. It had been told before that requests up to `known_visible` are in it.
  void Saw(const std::string& view, uint64_t epoch, const Content& content, const TablePositions& known_visible);
  // A client was told that its request is durable (visible: and in the epochs from now on). Again: the same answer.
  void Acknowledged(const BankRequest& request, const v1::IngestAnswer& answer, bool visible);
  const TablePositions& known_visible() const { return known_visible_; }
  size_t acknowledged() const { return answers_.size(); }
  size_t contents_seen() const { return seen_.size(); }

  // Nothing runs any more: holds all of it against the log on the disk.
  void CheckAgainstLog(SimulatedWorld& world, const v1::PhysicalPlan& plan,
                       const std::map<std::string, BankRequest>& requests);
  // What the log holds, after CheckAgainstLog: everything that was ever taken.
  const Bank& bank() const { return bank_; }
  const std::set<uint64_t>& journaled() const { return journaled_; }
  uint64_t rejected() const { return rejected_; }

 private:
  struct Answer {
    uint64_t position = 0;
    uint64_t accepted = 0;
    uint64_t rejected = 0;
  };
  struct Sight {
    Content content;
    TablePositions known_visible;
  };

  std::vector<std::string> problems_;
  std::map<std::string, Answer> answers_;                   // by key
  std::map<std::pair<uint64_t, std::string>, Sight> seen_;  // by epoch and view
  TablePositions known_visible_;
  Bank bank_;
  std::set<uint64_t> journaled_;
  uint64_t rejected_ = 0;
};

}  // namespace freshet
