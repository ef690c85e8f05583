// Runs every case of this folder (README.md) under every configuration, and says how many queries ran in each.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/formats/api/table_shape.h"
#include "server/planner/compile.h"
#include "tests/sql/sql_case.h"
#include "tests/sql/sql_cluster.h"

namespace freshet {
namespace {

constexpr const char* kFolder = "tests/sql";
constexpr std::string_view kFolderFlag = "--cases=";  // another folder

struct Configuration {
  const char* name;
  uint16_t shard_count;
  bool row_by_row;  // an epoch a row, with rows between that come and go
};
const Configuration kConfigurations[] = {{"OneBatch", 1, false}, {"RowByRow", 1, true}, {"ThreeShards", 3, false}};

// By configuration.
using Counts = std::map<std::string, int>;

CompileResult CompileScript(const std::string& script) {
  v1::Definition definition;
  v1::DefinitionFile* file = definition.add_files();
  file->set_name("case.sql");
  file->set_text(script);
  return Compile(definition, {"/", 7});
}

std::string ProblemsOf(const CompileResult& result) {
  std::string text;
  for (const v1::Problem& problem : result.problems) {
    absl::StrAppend(&text, problem.line(), ":", problem.column(), " ", problem.code(), " ", problem.message(), "\n");
  }
  return text;
}

// Which of equal numbers stands for all in a key or an extreme is not the same everywhere.
std::string PlainNumber(std::string number) {
  if (absl::StrContains(number, '.') && !absl::StrContains(number, 'e')) {
    number.erase(number.find_last_not_of('0') + 1);
    if (number.back() == '.') number.pop_back();
  }
  return number == "-0" ? "0" : number;
}

std::string Comparable(std::vector<std::string> rows, const std::string& types) {
  for (std::string& row : rows) {
    std::vector<std::string> cells = absl::StrSplit(row, '\t');
    for (size_t i = 0; i < std::min(cells.size(), types.size()); ++i) {
      if (types[i] == 'R') cells[i] = PlainNumber(std::move(cells[i]));
    }
    row = absl::StrJoin(cells, "\t");
  }
  std::sort(rows.begin(), rows.end());
  return absl::StrJoin(rows, "\n");
}

// Rows may go again, whatever the table is.
std::string Declarations(const SqlCase& a_case) {
  std::string script;
  for (const std::string& declaration : a_case.declarations) {
    bool table = absl::StartsWith(declaration, "CREATE TABLE");
    absl::StrAppend(&script, declaration, table ? " WITH (connector = 'http', deletes = 'true')" : "", ";\n");
  }
  return script;
}

class CaseRun {
 public:
  CaseRun(const SqlCase& a_case, const Configuration& configuration, uint64_t seed, Counts& queries_run)
      : case_(a_case), configuration_(configuration), random_(seed), queries_run_(queries_run) {}

  void Run() {
    std::string script = Declarations(case_);
    for (size_t i = 0; i < case_.steps.size(); ++i) {
      const SqlStep& step = case_.steps[i];
      if (step.kind != SqlStep::Kind::kQuery) continue;
      // Queries may have two columns of one name, views not.
      std::vector<std::string> names;
      while (names.size() < step.types.size()) names.push_back(absl::StrCat("c", names.size()));
      absl::StrAppend(&script, "CREATE MATERIALIZED VIEW query_", i, " (", absl::StrJoin(names, ", "), ") AS ",
                      step.sql, ";\n");
    }
    CompileResult compiled = CompileScript(script);
    ASSERT_TRUE(compiled.ok()) << ProblemsOf(compiled) << script;
    std::map<std::string, Schema> schemas;
    for (const v1::Table& table : compiled.plan.tables()) {
      for (const v1::Column& column : table.columns()) {
        schemas[table.name()].push_back({column.name(), *EngineType(column.type())});
      }
    }
    TableRows tables(std::move(schemas));
    SqlCluster cluster(compiled.physical, {configuration_.shard_count, random_()});
    std::vector<RowChange> waiting;
    for (size_t i = 0; i < case_.steps.size(); ++i) {
      const SqlStep& step = case_.steps[i];
      switch (step.kind) {
        case SqlStep::Kind::kRows: {
          auto changes = tables.Apply(step.sql);
          ASSERT_TRUE(changes.ok()) << "line " << step.line << ": " << changes.status();
          waiting.insert(waiting.end(), changes->begin(), changes->end());
          break;
        }
        case SqlStep::Kind::kQuery:
          Take(cluster, std::exchange(waiting, {}));
          EXPECT_EQ(Comparable(cluster.Read(absl::StrCat("query_", i)), step.types),
                    Comparable(step.expected, step.types))
              << "line " << step.line << ": " << step.sql;
          ++queries_run_[configuration_.name];
          break;
        case SqlStep::Kind::kError:
          ExpectError(step);
          break;
      }
    }
  }

 private:
  void Take(SqlCluster& cluster, const std::vector<RowChange>& changes) {
    if (!configuration_.row_by_row) {
      cluster.Run(changes);
      return;
    }
    std::vector<RowChange> guests;  // rows that will go again
    for (const RowChange& change : changes) {
      known_.push_back(change);
      if (random_() % 2 == 0) {
        RowChange guest = RandomRow();
        cluster.Run({guest});
        guest.weight = -1;
        guests.push_back(std::move(guest));
      }
      cluster.Run({change});
      if (!guests.empty() && random_() % 2 == 0) {
        cluster.Run({guests.back()});
        guests.pop_back();
      }
    }
    for (const RowChange& guest : guests) cluster.Run({guest});
  }

  // Like one that was there, with cells of another one of its table.
  RowChange RandomRow() {
    RowChange row = known_[random_() % known_.size()];
    const RowChange& other = known_[random_() % known_.size()];
    if (other.table == row.table) {
      size_t column = random_() % row.row.size();
      row.row[column] = other.row[column];
    }
    row.weight = 1;
    return row;
  }

  void ExpectError(const SqlStep& step) {
    std::string sql =
        absl::StartsWith(step.sql, "CREATE ") ? step.sql : absl::StrCat("CREATE VIEW failing AS ", step.sql);
    CompileResult compiled = CompileScript(absl::StrCat(Declarations(case_), sql));
    EXPECT_FALSE(compiled.ok()) << "line " << step.line << ": " << step.sql;
    for (const std::string& part : step.expected) {
      EXPECT_TRUE(absl::StrContains(ProblemsOf(compiled), part))
          << "line " << step.line << ": " << part << " is not in\n"
          << ProblemsOf(compiled);
    }
  }

  const SqlCase& case_;
  const Configuration& configuration_;
  std::mt19937_64 random_;
  Counts& queries_run_;
  std::vector<RowChange> known_;
};

class SqlCaseTest : public testing::Test {
 public:
  SqlCaseTest(std::filesystem::path path, Configuration configuration, Counts& queries_run)
      : path_(std::move(path)), configuration_(configuration), queries_run_(queries_run) {}

  void TestBody() override {
    std::ifstream in(path_);
    std::stringstream text;
    text << in.rdbuf();
    absl::StatusOr<SqlCase> a_case = ParseSqlCase(text.str());
    ASSERT_TRUE(a_case.ok()) << a_case.status();
    ASSERT_FALSE(a_case->steps.empty());
    uint64_t seeds = configuration_.row_by_row ? 3 : 1;
    for (uint64_t seed = 1; seed <= seeds; ++seed) CaseRun(*a_case, configuration_, seed, queries_run_).Run();
  }

 private:
  const std::filesystem::path path_;
  const Configuration configuration_;
  Counts& queries_run_;
};

std::vector<std::filesystem::path> CaseFiles(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".test") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace
}  // namespace freshet

// One test for each file and configuration.
int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  std::string folder = freshet::kFolder;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with(freshet::kFolderFlag)) folder = argument.substr(freshet::kFolderFlag.size());
  }
  freshet::Counts queries_run;
  for (const auto& path : freshet::CaseFiles(folder)) {
    for (const auto& configuration : freshet::kConfigurations) {
      testing::RegisterTest(
          path.stem().c_str(), configuration.name, nullptr, nullptr, __FILE__, __LINE__,
          [=, &queries_run]() -> testing::Test* { return new freshet::SqlCaseTest(path, configuration, queries_run); });
    }
  }
  int failed = RUN_ALL_TESTS();
  for (const auto& [configuration, queries] : queries_run) {
    std::cout << "sql cases: " << queries << " queries ran, " << configuration << "\n";
  }
  return failed;
}
