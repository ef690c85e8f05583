// What the simulated pipeline computes: accounts between which money moves, their owners and the pages they visit; and,
// written apart from the engine, what its views hold for a given input.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "engine/columnar/delta_batch.h"
#include "freshet/v1/physical_plan.pb.h"

namespace freshet {

// Of a view: each row as text (engine/columnar/text_form.h, without the weight), and how often it stands.
using Content = std::map<std::string, int64_t>;
// Adds rows; those that come to nothing go.
void AddRows(const DeltaBatch& rows, Content* content);
void AddContent(const Content& more, Content* content);
std::string Difference(const Content& got, const Content& expected);

// Compiled once.
const v1::PhysicalPlan& BankPlan();

// One request of ingest, and what is in it.
struct BankRequest {
  std::string key;  // Idempotency-Key
  std::string table;
  std::string body;
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  std::vector<std::pair<int64_t, int64_t>> moves;                         // account, amount
  std::vector<std::pair<int64_t, std::optional<std::string>>> renamings;  // owner; no name: deleted
};
BankRequest RandomRequest(std::mt19937_64& random, uint64_t number);

// All input up to some moment, as the views have it.
class Bank {
 public:
  void Add(const BankRequest& request);
  void AddVisit(int64_t account, int64_t pages);

  Content ViewContent(const std::string& view) const;
  // The value of each account's record in a topic of balances, as JSON.
  std::map<std::string, std::string> Records() const;
  int64_t Total() const;

 private:
  struct Account {
    int64_t balance = 0;
    int64_t moves = 0;
  };
  std::map<int64_t, Account> accounts_;
  std::map<int64_t, std::string> owners_;
  std::map<int64_t, int64_t> pages_;
};

}  // namespace freshet
