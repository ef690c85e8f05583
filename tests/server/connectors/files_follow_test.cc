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

// Nobody looks again within the hour: the system tells.
class WatchedFiles : public FollowFiles {
 protected:
  static v1::PhysicalSource Watched(const std::string& path, int64_t poll_ms = 10) {
    v1::PhysicalSource source = Source(path);
    (*source.mutable_binding()->mutable_options())["poll_interval_ms"] = StrCat(poll_ms);
    (*source.mutable_binding()->mutable_options())["rescan_interval_ms"] = "3600000";
    return source;
  }
};

TEST_F(WatchedFiles, WhatIsAppendedAndWhatIsNewIsSeenWithoutALook) {
  folder_.Write("in/a.json", Lines(0, 1));
  v1::PhysicalSource source = Watched("in/*.json");
  Group group(connector_, source, Resolve(source, 2), folder_.path(), 2);
  ASSERT_EQ(group.Rows(1).size(), 1u);
  for (int i = 1; i < 6; ++i) {
    folder_.Append("in/a.json", Lines(i, i + 1));
    ASSERT_EQ(group.Rows(static_cast<size_t>(2 * i)).size(), static_cast<size_t>(2 * i));
    folder_.Write(StrCat("in/", i, ".json"), Lines(100, 101));
    ASSERT_EQ(group.Rows(static_cast<size_t>(2 * i + 1)).size(), static_cast<size_t>(2 * i + 1));
  }
  // Written elsewhere, and put into place.
  folder_.Write("part", Lines(100, 102));
  std::filesystem::rename(folder_.path() + "/part", folder_.path() + "/in/whole.json");
  EXPECT_EQ(group.Rows(13).size(), 13u);
}

TEST_F(WatchedFiles, FoldersThatComeLaterAreWatchedToo) {
  v1::PhysicalSource source = Watched("later/x/**/*.json");
  Group group(connector_, source, Resolve(source), folder_.path(), 1);
  ASSERT_TRUE(group.runs()[0]->TakeUntil([&] { return group.runs()[0]->source().Progress().loaded; }));
  folder_.Write("later/x/1.json", Lines(0, 1));
  ASSERT_EQ(group.Rows(1).size(), 1u);
  folder_.Write("later/x/deep/er/2.json", Lines(1, 2));
  ASSERT_EQ(group.Rows(2).size(), 2u);
  folder_.Append("later/x/deep/er/2.json", Lines(2, 3));
  ASSERT_EQ(group.Rows(3).size(), 3u);
  // Another folder in the place of one that is gone.
  std::filesystem::rename(folder_.path() + "/later/x/deep", folder_.path() + "/later/away");
  folder_.Write("later/x/deep/3.json", Lines(3, 4));
  ASSERT_EQ(group.Rows(4).size(), 4u);
  folder_.Append("later/x/deep/3.json", Lines(4, 5));
  EXPECT_EQ(group.Rows(5).size(), 5u);
}

TEST_F(WatchedFiles, WhatIsWrittenUnderAnotherNameIsLookedFor) {
  folder_.Write("elsewhere/target", Lines(0, 1));
  std::filesystem::create_directories(folder_.path() + "/linked");
  std::filesystem::create_symlink("../elsewhere/target", folder_.path() + "/linked/a.json");
  folder_.Write("elsewhere/second", Lines(10, 11));
  std::filesystem::create_directories(folder_.path() + "/hard");
  std::filesystem::create_hard_link(folder_.path() + "/elsewhere/second", folder_.path() + "/hard/a.json");
  std::filesystem::create_directory_symlink("elsewhere", folder_.path() + "/dir");
  for (const auto& [path, name] :
       {std::pair("linked", "target"), std::pair("hard/*.json", "second"), std::pair("dir/*.more", "some.more")}) {
    v1::PhysicalSource source = Watched(path);
    Group group(connector_, source, Resolve(source), folder_.path(), 1);
    ASSERT_TRUE(group.runs()[0]->TakeUntil([&] { return group.runs()[0]->source().Progress().loaded; }));
    const size_t had = group.Rows(0).size();
    folder_.Append(StrCat("elsewhere/", name), Lines(20, 21));
    EXPECT_EQ(group.Rows(had + 1).size(), had + 1) << path;
  }
}

TEST_F(WatchedFiles, ARequestAndTheEndAreNotKeptWaiting) {
  folder_.Write("in/a.json", Lines(0, 3));
  v1::PhysicalSource source = Watched("in", 3'600'000);
  v1::SourceExtent extent = Resolve(source);
  auto begin = std::chrono::steady_clock::now();
  {
    SourceRun run(connector_, source, extent, folder_.path());
    run.Open();
    ASSERT_TRUE(run.TakeRows(3));
    Positions cut = run.source().TakePositions();
    run.source().Continue(cut);
    EXPECT_TRUE(run.TakeUntil([&] { return run.source().Progress().at_until; }));
    run.source().Continue(std::nullopt);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
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
