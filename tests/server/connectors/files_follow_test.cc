// Files that are followed: ranges of large ones, files that grow, are renamed, replaced or written anew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "server/connectors/files/files_connector.h"
#include "server/errors/error_list.h"
#include "tests/server/connectors/source_harness.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FollowFiles : public ::testing::Test {
 protected:
  static v1::PhysicalSource Source(const std::string& path, const std::string& format = "json") {
    std::vector<v1::Column> columns = {MakeColumn("a", v1::BIGINT), MakeColumn("line", v1::BIGINT)};
    columns[1].set_metadata(v1::Column::LINE);
    return MakeSource("files", std::move(columns),
                      {{"path", path}, {"format", format}, {"mode", "follow"}, {"poll_interval_ms", "5"}});
  }
  v1::SourceExtent Resolve(const v1::PhysicalSource& source, uint32_t shards = 1) {
    auto extent = connector_.Resolve(source, {"p", folder_.path(), shards});
    EXPECT_TRUE(extent.ok()) << extent.status();
    return extent.ok() ? *extent : v1::SourceExtent();
  }
  // Records [from, to) as lines, and as the rows that they give.
  static std::string Lines(int from, int to) {
    std::string text;
    for (int i = from; i < to; ++i) StrAppend(&text, "{\"a\":", i, "}\n");
    return text;
  }
  static std::vector<std::string> RowsOf(int from, int to) {
    std::vector<std::string> rows;
    for (int i = from; i < to; ++i) rows.push_back(StrCat("1 | ", i, ", ", i + 1));
    std::sort(rows.begin(), rows.end());
    return rows;
  }
  static bool IsChanged(SourceRun& run) {
    return run.TakeUntil([&] { return !run.source().Health().ok(); }) &&
           CodeOf(run.source().Health()) == ErrorCode::kSourceChanged;
  }
  static std::string Message(SourceRun& run) { return std::string(run.source().Health().message()); }

  // All shards of a source.
  class Group {
   public:
    Group(const FilesConnector& connector, const v1::PhysicalSource& source, const v1::SourceExtent& extent,
          const std::string& root, uint32_t shards) {
      for (uint32_t shard = 0; shard < shards; ++shard) {
        runs_.push_back(std::make_unique<SourceRun>(connector, source, extent, root, shard, shards));
        runs_.back()->Open();
      }
    }
    // Sorted, once there are so many.
    std::vector<std::string> Rows(size_t count) {
      std::vector<std::string> rows;
      for (int i = 0; i < 2000 && rows.size() < count; ++i) {
        rows.clear();
        for (auto& run : runs_) {
          run->TakeUntil([] { return true; });
          rows.insert(rows.end(), run->rows_in_order().begin(), run->rows_in_order().end());
        }
        if (rows.size() < count) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      std::sort(rows.begin(), rows.end());
      return rows;
    }
    size_t ShardsWithRows() const {
      return std::count_if(runs_.begin(), runs_.end(), [](const auto& run) { return !run->rows_in_order().empty(); });
    }
    Positions TakePositions() {
      Positions all;
      for (auto& run : runs_) all.merge(run->source().TakePositions());
      return all;
    }
    std::vector<std::unique_ptr<SourceRun>>& runs() { return runs_; }

   private:
    std::vector<std::unique_ptr<SourceRun>> runs_;
  };

  TempFolder folder_;
  FilesConnector connector_{1000};  // splits early
};

TEST_F(FollowFiles, LargeOnesAreReadInRangesAlsoWhatIsAppendedAndWhatComesLater) {
  folder_.Write("d/a.json", Lines(0, 400));
  v1::PhysicalSource source = Source("d/*.json");
  for (uint32_t shards : {1u, 3u}) {
    folder_.Write("d/a.json", Lines(0, 400));
    std::filesystem::remove(folder_.path() + "/d/b.json");
    v1::SourceExtent extent = Resolve(source, shards);
    EXPECT_EQ(extent.partitions_size(), 4) << shards;  // whatever the shards
    Group group(connector_, source, extent, folder_.path(), shards);
    EXPECT_EQ(group.Rows(400), RowsOf(0, 400));
    EXPECT_EQ(group.ShardsWithRows(), shards);
    // In pieces that end within lines.
    std::string more = Lines(400, 900);
    for (size_t at = 0; at < more.size(); at += 777) folder_.Append("d/a.json", more.substr(at, 777));
    EXPECT_EQ(group.Rows(900), RowsOf(0, 900));
    folder_.Write("d/b.json", Lines(0, 500));
    std::vector<std::string> both = RowsOf(0, 900);
    for (const std::string& row : RowsOf(0, 500)) both.push_back(row);
    std::sort(both.begin(), both.end());
    EXPECT_EQ(group.Rows(1400), both);
    // Every partition stands where the next one begins, and the last at the file's end.
    std::map<std::string, std::map<int64_t, int64_t>> stands;
    for (const auto& [name, position] : group.TakePositions()) {
      size_t at = name.find('@');
      int64_t start = at == std::string::npos ? 0 : std::stoll(name.substr(at + 1));
      stands[name.substr(0, at)][start] = position.offset;
    }
    ASSERT_EQ(stands.size(), 2u);
    for (const auto& [file, ranges] : stands) {
      int64_t next = 0;
      for (const auto& [start, end] : ranges) {
        EXPECT_EQ(start, next) << file;
        next = end;
      }
      EXPECT_EQ(next, static_cast<int64_t>(std::filesystem::file_size(folder_.path() + "/" + file)));
      EXPECT_GT(ranges.size(), 4u);
    }
  }
}

TEST_F(FollowFiles, PartitionsKeepTheirBytesOverRestarts) {
  folder_.Write("a.json", Lines(0, 250));
  v1::PhysicalSource source = Source("*.json");
  v1::SourceExtent extent = Resolve(source, 2);
  Positions positions;
  {
    Group group(connector_, source, extent, folder_.path(), 2);
    EXPECT_EQ(group.Rows(250), RowsOf(0, 250));
    folder_.Append("a.json", Lines(250, 700));
    folder_.Write("b.json", Lines(0, 300));
    group.Rows(1000);
    positions = group.TakePositions();
  }
  // Nothing comes twice, what is new comes.
  folder_.Append("b.json", Lines(300, 310));
  std::vector<std::string> rows;
  for (uint32_t shard = 0; shard < 2; ++shard) {
    SourceRun run(connector_, source, extent, folder_.path(), shard, 2);
    run.Open(positions);
    run.TakeUntil([&] { return run.source().Progress().loaded; });
    for (int i = 0; i < 20; ++i)
      run.TakeUntil([] { return true; }), std::this_thread::sleep_for(std::chrono::milliseconds(5));
    rows.insert(rows.end(), run.rows_in_order().begin(), run.rows_in_order().end());
  }
  std::sort(rows.begin(), rows.end());
  EXPECT_EQ(rows, RowsOf(300, 310));
}

TEST_F(FollowFiles, ALineLongerThanARangeIsOfOneRange) {
  std::string text = "{\"a\":1}\n{\"a\":2,\"x\":\"" + std::string(5000, 'x') + "\"}\n{\"a\":3}\n";
  folder_.Write("a.json", text + Lines(4, 200));
  v1::PhysicalSource source = Source("a.json");
  for (uint32_t shards : {1u, 2u}) {
    v1::SourceExtent extent = Resolve(source, shards);
    EXPECT_EQ(extent.partitions(1).start(), static_cast<int64_t>(text.find("{\"a\":3}")));
    Group group(connector_, source, extent, folder_.path(), shards);
    std::vector<std::string> rows = group.Rows(199);
    EXPECT_EQ(rows.size(), 199u);
    EXPECT_EQ(std::count(rows.begin(), rows.end(), "1 | 3, 3"), 1);
  }
}

TEST_F(FollowFiles, AFileThatIsWrittenAnewAndLongerIsReported) {
  folder_.Write("a.json", Lines(0, 10));
  v1::PhysicalSource source = Source("a.json");
  SourceRun run(connector_, source, Resolve(source), folder_.path());
  run.Open();
  ASSERT_TRUE(run.TakeRows(10));
  folder_.Append("a.json", Lines(10, 12));
  ASSERT_TRUE(run.TakeRows(12));
  folder_.Write("a.json", Lines(1000, 1100));  // the same file, truncated
  ASSERT_TRUE(IsChanged(run));
  EXPECT_THAT(Message(run), HasSubstr("a.json was written anew"));
  EXPECT_EQ(run.Rows().size(), 12u);
}

TEST_F(FollowFiles, AFileOfTheSameSizeThatIsWrittenAnewIsReportedAndATouchedOneIsNot) {
  folder_.Write("a.json", Lines(0, 10));
  v1::PhysicalSource source = Source("a.json");
  SourceRun run(connector_, source, Resolve(source), folder_.path());
  run.Open();
  ASSERT_TRUE(run.TakeRows(10));
  std::filesystem::last_write_time(folder_.path() + "/a.json", std::filesystem::file_time_type::clock::now());
  folder_.Append("a.json", Lines(10, 11));
  ASSERT_TRUE(run.TakeRows(11));
  EXPECT_TRUE(run.source().Health().ok()) << run.source().Health();
  std::string text = Lines(0, 11);
  text[text.size() - 3] = '7';
  folder_.Write("a.json", text);
  ASSERT_TRUE(IsChanged(run));
}

TEST_F(FollowFiles, AFileThatIsReplacedUnderItsNameIsReported) {
  folder_.Write("a.json", Lines(0, 10));
  v1::PhysicalSource source = Source("*.json");
  SourceRun run(connector_, source, Resolve(source), folder_.path());
  run.Open();
  ASSERT_TRUE(run.TakeRows(10));
  folder_.Write("other", Lines(0, 50));
  std::filesystem::rename(folder_.path() + "/other", folder_.path() + "/a.json");
  ASSERT_TRUE(IsChanged(run));
  EXPECT_THAT(Message(run), HasSubstr("a.json was replaced"));
  EXPECT_EQ(run.Rows().size(), 10u);
}

// As logrotate does it.
TEST_F(FollowFiles, ARenamedFileIsNotReadTwiceAndTheNewOneOfItsNameIsRead) {
  folder_.Write("app.json", Lines(0, 10));
  v1::PhysicalSource source = Source("app*");
  v1::SourceExtent extent = Resolve(source, 2);
  Group group(connector_, source, extent, folder_.path(), 2);
  ASSERT_EQ(group.Rows(10).size(), 10u);
  std::vector<std::string> expected = RowsOf(0, 10);
  for (int turn = 1; turn <= 3; ++turn) {
    // What is written by who still has it open comes as well.
    for (int i = turn; i > 1; --i) {
      std::filesystem::rename(StrCat(folder_.path(), "/app.json.", i - 1), StrCat(folder_.path(), "/app.json.", i));
    }
    std::filesystem::rename(folder_.path() + "/app.json", folder_.path() + "/app.json.1");
    folder_.Append("app.json.1", "{\"a\":-1}\n");
    folder_.Write("app.json", Lines(0, 10));
    expected.push_back("1 | -1, 11");
    for (const std::string& row : RowsOf(0, 10)) expected.push_back(row);
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(group.Rows(expected.size()), expected) << turn;
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(group.Rows(expected.size()), expected);
  for (auto& run : group.runs()) EXPECT_TRUE(run->source().Health().ok()) << run->source().Health();
  // A replay up to these positions knows them by their inodes, too.
  Positions positions = group.TakePositions();
  EXPECT_EQ(positions.size(), 4u);
  std::vector<std::string> again;
  for (uint32_t shard = 0; shard < 2; ++shard) {
    SourceRun run(connector_, source, extent, folder_.path(), shard, 2);
    run.Open({}, positions);
    EXPECT_TRUE(run.TakeUntil([&] { return run.source().Progress().at_until; }));
    again.insert(again.end(), run.rows_in_order().begin(), run.rows_in_order().end());
  }
  std::sort(again.begin(), again.end());
  EXPECT_EQ(again, expected);
}

TEST_F(FollowFiles, ChangesTakeRowsBackAlsoWithoutAKey) {
  folder_.Write("a.json", "{\"insert\":{\"a\":1}}\n{\"insert\":{\"a\":2}}\n");
  v1::PhysicalSource source = Source("a.json");
  (*source.mutable_binding()->mutable_options())["envelope"] = "changes";
  source.mutable_declaration()->set_deletes(true);
  SourceRun run(connector_, source, Resolve(source), folder_.path());
  run.Open();
  ASSERT_TRUE(run.TakeRows(2));
  folder_.Append("a.json", "{\"delete\":{\"a\":1}}\n{\"weight\":-1,\"row\":{\"a\":2}}\n");
  ASSERT_TRUE(run.TakeRows(4));
  EXPECT_THAT(run.rows_in_order(), ElementsAre("1 | 1, 1", "1 | 2, 2", "-1 | 1, 3", "-1 | 2, 4"));

  v1::Table table = source.declaration();
  *table.add_sources() = source.binding();
  v1::SourceBinding plain = source.binding();
  EXPECT_TRUE(connector_.Validate(table, plain, {folder_.path()}).empty());
  plain.mutable_options()->erase("envelope");
  Problems problems = connector_.Validate(table, plain, {folder_.path()});
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].path(), "/deletes");
  EXPECT_THAT(problems[0].suggestion(), HasSubstr("envelope: changes"));
}

TEST_F(FollowFiles, AFileThatMayNotBeReadIsToldAndReadLater) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  folder_.Write("a.json", Lines(0, 3));
  folder_.Write("b.json", Lines(3, 5));
  std::filesystem::permissions(folder_.path() + "/a.json", std::filesystem::perms::none);
  v1::PhysicalSource source = Source("*.json");
  SourceRun run(connector_, source, Resolve(source), folder_.path());
  run.Open();
  ASSERT_TRUE(run.TakeRows(2));
  EXPECT_THAT(run.source().Status().message(), HasSubstr("a.json"));
  std::filesystem::permissions(folder_.path() + "/a.json", std::filesystem::perms::owner_all);
  ASSERT_TRUE(run.TakeRows(5));
}

}  // namespace
}  // namespace freshet
