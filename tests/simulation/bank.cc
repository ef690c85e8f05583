#include "tests/simulation/bank.h"

#include <sstream>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/text_form.h"
#include "server/planner/compile.h"

namespace freshet {
namespace {

constexpr int64_t kAccounts = 40;

constexpr char kDefinition[] = R"yaml(
name: bank
tables:
  moves:
    columns: [{name: account, type: bigint}, {name: amount, type: bigint}]
  owners:
    columns: [{name: id, type: bigint}, {name: name, type: text}]
    primary_key: [id]
  visits:
    columns: [{name: account, type: bigint}, {name: pages, type: bigint}]
    sources: [{connector: files, path: visits, format: json, mode: follow}]
views:
  balances:
    materialized: true
    key: [account]
    aggregate:
      input: moves
      keys: {account: account}
      values: {balance: "sum(amount)", moves: "count(*)"}
  owned:
    materialized: true
    join: {left: balances, right: owners, kind: inner, condition: "balances.account = owners.id"}
  visited:
    aggregate: {input: visits, keys: {visitor: account}, values: {pages: "sum(pages)"}}
  active:
    materialized: true
    join: {left: balances, right: visited, kind: left, condition: "balances.account = visited.visitor"}
sinks:
  upserts: {from: balances, connector: kafka, brokers: "broker:9092", topic: balances, format: json, envelope: upsert}
  changes: {from: owned, connector: kafka, brokers: "broker:9092", topic: owned, format: json, envelope: changes}
  lines: {from: balances, connector: files, path: out, format: json, roll_bytes: 2000}
)yaml";

v1::PhysicalPlan CompileBank() {
  v1::Definition definition;
  v1::DefinitionFile* file = definition.add_files();
  file->set_name("bank.yaml");
  file->set_text(kDefinition);
  CompileResult compiled = Compile(definition, {"/files", 1});
  CHECK(compiled.ok()) << compiled.problems.front().message();
  for (v1::PhysicalSource& source : *compiled.physical.mutable_sources()) source.set_table_uid(source.table());
  return compiled.physical;
}

void Count(const std::string& row, Content* content) { ++(*content)[row]; }

}  // namespace

void AddRows(const DeltaBatch& rows, Content* content) {
  std::istringstream lines(FormatBatch(rows));
  for (std::string line; std::getline(lines, line);) {
    const size_t bar = line.find(" | ");
    CHECK(bar != std::string::npos) << line;
    AddContent({{line.substr(bar + 3), std::stoll(line.substr(0, bar))}}, content);
  }
}

void AddContent(const Content& more, Content* content) {
  for (const auto& [row, count] : more) {
    auto [place, is_new] = content->emplace(row, 0);
    place->second += count;
    if (place->second == 0) content->erase(place);
  }
}

std::string Difference(const Content& got, const Content& expected) {
  Content difference = got;
  for (const auto& [row, count] : expected) AddContent({{row, -count}}, &difference);
  std::string text;
  for (const auto& [row, count] : difference) {
    if (text.size() < 300) StrAppend(&text, text.empty() ? "" : "; ", count > 0 ? "+" : "", count, " | ", row);
  }
  return text;
}

const v1::PhysicalPlan& BankPlan() {
  static const v1::PhysicalPlan plan = CompileBank();
  return plan;
}

BankRequest RandomRequest(std::mt19937_64& random, uint64_t number) {
  BankRequest request;
  request.key = StrCat("request-", number);
  auto account = [&] { return static_cast<int64_t>(random() % kAccounts); };
  if (random() % 4 == 0) {
    request.table = "owners";
    for (uint64_t count = 1 + random() % 3; count > 0; --count) {
      const int64_t id = account();
      if (random() % 4 == 0) {
        request.renamings.emplace_back(id, std::nullopt);
        StrAppend(&request.body, R"({"delete": {"id": )", id, "}}\n");
      } else {
        std::string name = StrCat("n", number, "-", count);
        StrAppend(&request.body, R"({"upsert": {"id": )", id, R"(, "name": ")", name, "\"}}\n");
        request.renamings.emplace_back(id, std::move(name));
      }
    }
    request.accepted = request.renamings.size();
  } else {
    request.table = "moves";
    for (uint64_t count = 1 + random() % 3; count > 0; --count) {
      const auto amount = static_cast<int64_t>(1 + random() % 1000);
      request.moves.emplace_back(account(), -amount);
      request.moves.emplace_back(account(), amount);
    }
    for (const auto& [of, amount] : request.moves) {
      StrAppend(&request.body, R"({"account": )", of, R"(, "amount": )", amount, "}\n");
    }
    request.accepted = request.moves.size();
  }
  if (random() % 8 == 0) {
    request.body += "{\"account\": 7, \n";
    request.rejected = 1;
  }
  return request;
}

void Bank::Add(const BankRequest& request) {
  for (const auto& [account, amount] : request.moves) {
    accounts_[account].balance += amount;
    ++accounts_[account].moves;
  }
  for (const auto& [id, name] : request.renamings) {
    if (name) {
      owners_[id] = *name;
    } else {
      owners_.erase(id);
    }
  }
}

void Bank::AddVisit(int64_t account, int64_t pages) { pages_[account] += pages; }

Content Bank::ViewContent(const std::string& view) const {
  Content content;
  for (const auto& [id, account] : accounts_) {
    std::string row = StrCat(id, " | ", account.balance, " | ", account.moves);
    if (view == "balances") {
      Count(row, &content);
    } else if (view == "owned") {
      if (auto owner = owners_.find(id); owner != owners_.end()) {
        Count(StrCat(row, " | ", id, " | ", owner->second), &content);
      }
    } else {
      CHECK_EQ(view, "active");
      auto visits = pages_.find(id);
      Count(visits == pages_.end() ? StrCat(row, " | NULL | NULL") : StrCat(row, " | ", id, " | ", visits->second),
            &content);
    }
  }
  return content;
}

std::map<std::string, std::string> Bank::Records() const {
  std::map<std::string, std::string> records;
  for (const auto& [id, account] : accounts_) {
    records[StrCat(R"({"account":)", id, "}")] =
        StrCat(R"({"account":)", id, R"(,"balance":")", account.balance, R"(","moves":)", account.moves, "}");
  }
  return records;
}

int64_t Bank::Total() const {
  int64_t total = 0;
  for (const auto& [id, account] : accounts_) total += account.balance;
  return total;
}

}  // namespace freshet
