#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/connectors/files/files_connector.h"
#include "server/errors/error_list.h"
#include "tests/server/connectors/source_harness.h"

namespace freshet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<v1::Column> Pairs() { return {MakeColumn("a", v1::BIGINT), MakeColumn("b", v1::TEXT)}; }

class Files : public ::testing::Test {
 protected:
  v1::PhysicalSource Source(const Options& options, std::vector<v1::Column> columns = Pairs()) {
    return MakeSource("files", std::move(columns), options);
  }
  v1::SourceExtent Resolve(const v1::PhysicalSource& source, uint32_t shards = 1) {
    auto extent = connector_.Resolve(source, {"p", folder_.path(), shards});
    EXPECT_TRUE(extent.ok()) << extent.status();
    return extent.ok() ? *extent : v1::SourceExtent();
  }
  absl::Status ResolveError(const v1::PhysicalSource& source) {
    return connector_.Resolve(source, {"p", folder_.path(), 1}).status();
  }

  TempFolder folder_;
  FilesConnector connector_{1000};  // splits early
};

TEST_F(Files, ReadsAFileToItsEnd) {
  folder_.Write("d/x.csv", "a,b\n1,x\n2,y\n3");
  v1::PhysicalSource source = Source({{"path", "d/x.csv"}, {"format", "csv"}});
  v1::SourceExtent extent = Resolve(source);
  SourceRun run(connector_, source, extent, folder_.path());
  run.Open();
  ASSERT_TRUE(run.TakeUntilFinished());
  EXPECT_THAT(run.Rows(), ElementsAre("1 | 1, x", "1 | 2, y"));
  EXPECT_THAT(run.DeadLetters(), ElementsAre("TOO_FEW_FIELDS d/x.csv line 4"));
  SourceProgress progress = run.source().Progress();
  EXPECT_TRUE(progress.loaded);
  EXPECT_EQ(progress.rows, 2u);
  EXPECT_EQ(progress.total_bytes, 13u);
  EXPECT_EQ(progress.bytes, 13u);
  Positions positions = run.source().TakePositions();
  EXPECT_EQ(positions.at("d/x.csv").offset, 13);
  EXPECT_EQ(positions.at("d/x.csv").records, 3);
  v1::SourceStatus status = run.source().Status();
  EXPECT_EQ(status.dead_letters(), 1u);
  EXPECT_EQ(status.source(), "t/0");
  EXPECT_TRUE(status.finished());
}

TEST_F(Files, FoldersAndPatternsSpreadOverShards) {
  for (int i = 0; i < 7; ++i)
    folder_.Write(StrCat("d/", i, ".csv"), StrCat("\xEF\xBB\xBF"
                                                  "b,a\nx,",
                                                  i, "\n"));
  folder_.Write("d/.hidden.csv", "b,a\nx,99\n");
  folder_.Write("d/e/deep.csv", "b,a\nx,7\n");
  auto read = [&](const std::string& path, uint32_t shards) {
    v1::PhysicalSource source = Source({{"path", path}, {"format", "csv"}});
    v1::SourceExtent extent = Resolve(source, shards);
    std::vector<std::string> rows;
    for (uint32_t shard = 0; shard < shards; ++shard) {
      SourceRun run(connector_, source, extent, folder_.path(), shard, shards);
      run.Open();
      EXPECT_TRUE(run.TakeUntilFinished());
      EXPECT_TRUE(shards == 1 || run.Rows().size() < 4) << "spread";
      for (std::string& row : run.Rows()) rows.push_back(row);
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  };
  std::vector<std::string> all = {"1 | 0, x", "1 | 1, x", "1 | 2, x", "1 | 3, x", "1 | 4, x", "1 | 5, x", "1 | 6, x"};
  EXPECT_EQ(read("d", 3), all);
  EXPECT_EQ(read("d/*.csv", 1), all);
  EXPECT_THAT(read("d/[12].csv", 1), ElementsAre("1 | 1, x", "1 | 2, x"));
  EXPECT_EQ(read("**/*.csv", 1).size(), 8u);
}

TEST_F(Files, LargeFilesAreReadInRangesAsIfInOrder) {
  std::string text;
  std::vector<std::string> expected;
  std::vector<v1::Column> columns = {MakeColumn("a", v1::BIGINT), MakeColumn("line", v1::BIGINT),
                                     MakeColumn("file", v1::TEXT), MakeColumn("at", v1::BIGINT)};
  columns[1].set_metadata(v1::Column::LINE);
  columns[2].set_metadata(v1::Column::FILE);
  columns[3].set_metadata(v1::Column::OFFSET);
  for (int i = 0; i < 500; ++i) {
    expected.push_back(StrCat("1 | ", i, ", ", i + 1, ", x.json, ", text.size()));
    StrAppend(&text, "{\"a\":", i, "}\n");
  }
  folder_.Write("x.json", text);
  std::sort(expected.begin(), expected.end());
  v1::PhysicalSource source = Source({{"path", "x.json"}, {"format", "json"}}, columns);
  for (uint32_t shards : {1u, 2u, 4u}) {
    v1::SourceExtent extent = Resolve(source, shards);
    EXPECT_EQ(extent.partitions_size(), static_cast<int>(shards));
    std::vector<std::string> rows;
    for (uint32_t shard = 0; shard < shards; ++shard) {
      SourceRun run(connector_, source, extent, folder_.path(), shard, shards);
      run.Open();
      ASSERT_TRUE(run.TakeUntilFinished());
      EXPECT_LE(run.Rows().size(), 600 / shards);
      for (std::string& row : run.Rows()) rows.push_back(row);
    }
    std::sort(rows.begin(), rows.end());
    EXPECT_EQ(rows, expected) << shards;
  }
}

TEST_F(Files, StampsAreFilePathAndOffset) {
  folder_.Write("x.csv", "1,x\n2,y\n");
  v1::PhysicalSource source = Source({{"path", "x.csv"}, {"format", "csv"}, {"header", "false"}});
  source.set_stamped(true);
  v1::SourceExtent extent = Resolve(source);
  SourceRun run(connector_, source, extent, folder_.path());
  run.Open();
  ASSERT_TRUE(run.TakeUntilFinished());
  ASSERT_EQ(run.Rows().size(), 2u);
  EXPECT_THAT(run.Rows()[0], HasSubstr(", x.csv, 0"));
  EXPECT_THAT(run.Rows()[1], HasSubstr(", x.csv, 4"));
}

TEST_F(Files, FollowsWhatIsAppendedAndWhatIsNew) {
  folder_.Write("d/a.csv", "a,b\n1,x\n2,");
  v1::PhysicalSource source =
      Source({{"path", "d/*.csv"}, {"format", "csv"}, {"mode", "follow"}, {"poll_interval_ms", "10"}});
  v1::SourceExtent extent = Resolve(source);
  SourceRun run(connector_, source, extent, folder_.path());
  run.Open();
  ASSERT_TRUE(run.TakeUntil([&] { return run.source().Progress().loaded; }));
  EXPECT_THAT(run.Rows(), ElementsAre("1 | 1, x")) << "the last line is not complete";
  folder_.Append("d/a.csv", "y\n3,z\n");
  ASSERT_TRUE(run.TakeRows(3));
  folder_.Write("d/b.csv", "b,a\nnew,4\n");
  ASSERT_TRUE(run.TakeRows(4));
  folder_.Append("d/a.csv", "5,w\n");
  ASSERT_TRUE(run.TakeRows(5));
  EXPECT_THAT(run.Rows(), ElementsAre("1 | 1, x", "1 | 2, y", "1 | 3, z", "1 | 4, new", "1 | 5, w"));
  EXPECT_FALSE(run.source().Progress().finished);
  // A new group goes on where this one was, also in the file that came later.
  Positions from = run.source().TakePositions();
  folder_.Append("d/b.csv", "more,6\n");
  SourceRun next(connector_, source, extent, folder_.path());
  next.Open(from);
  ASSERT_TRUE(next.TakeRows(1));
  EXPECT_THAT(next.Rows(), ElementsAre("1 | 6, more"));
}

TEST_F(Files, ReplaysExactlyBetweenTwoCuts) {
  std::string text;
  for (int i = 0; i < 9000; ++i) StrAppend(&text, i % 100 == 7 ? "bad\n" : StrCat(i, ",\"v\n", i, "\"\n"));
  folder_.Write("x.csv", text);
  v1::PhysicalSource source = Source({{"path", "x.csv"}, {"format", "csv"}, {"header", "false"}});
  v1::SourceExtent extent = Resolve(source);
  SourceRun first(connector_, source, extent, folder_.path());
  first.Open();
  std::vector<Positions> cuts(1);
  std::vector<std::vector<std::string>> epochs;
  for (Positions cut; first.TakeOneAndCut(&cut);) {
    cuts.push_back(cut);
    epochs.push_back(first.rows_in_order());
    first.Forget();
  }
  ASSERT_GT(epochs.size(), 3u);
  // From the second cut on, two epochs at once, then one by one.
  SourceRun replay(connector_, source, extent, folder_.path());
  replay.Open(cuts[1], cuts[3]);
  ASSERT_TRUE(replay.TakeUntil([&] { return replay.source().Progress().at_until; }));
  std::vector<std::string> expected = epochs[1];
  expected.insert(expected.end(), epochs[2].begin(), epochs[2].end());
  EXPECT_EQ(replay.rows_in_order(), expected);
  Positions position = replay.source().TakePositions();
  EXPECT_EQ(position.at("x.csv").checksum, cuts[2].at("x.csv").checksum + cuts[3].at("x.csv").checksum);
  EXPECT_EQ(position.at("x.csv").offset, cuts[3].at("x.csv").offset);
  replay.Forget();
  replay.source().Continue(cuts[4]);
  ASSERT_TRUE(replay.TakeUntil([&] { return replay.source().Progress().at_until; }));
  EXPECT_EQ(replay.rows_in_order(), epochs[3]);
  EXPECT_EQ(replay.source().TakePositions(), cuts[4]);
  replay.source().Continue(std::nullopt);
  ASSERT_TRUE(replay.TakeUntilFinished());
  size_t rest = 0;
  for (size_t i = 3; i < epochs.size(); ++i) rest += epochs[i].size();
  EXPECT_EQ(replay.rows_in_order().size(), rest);
}

TEST_F(Files, AFileThatChangesBehindWhatWasReadIsReported) {
  folder_.Write("x.csv", "a,b\n1,x\n2,y\n");
  v1::PhysicalSource source =
      Source({{"path", "x.csv"}, {"format", "csv"}, {"mode", "follow"}, {"poll_interval_ms", "10"}});
  v1::SourceExtent extent = Resolve(source);
  SourceRun run(connector_, source, extent, folder_.path());
  run.Open();
  ASSERT_TRUE(run.TakeRows(2));
  folder_.Write("x.csv", "a,b\n");
  ASSERT_TRUE(run.TakeUntil([&] { return !run.source().Health().ok(); }));
  EXPECT_EQ(CodeOf(run.source().Health()), ErrorCode::kSourceChanged);
  EXPECT_THAT(std::string(run.source().Health().message()), HasSubstr("x.csv"));
}

TEST_F(Files, AFileThatLostBytesBeforeItWasReadIsReported) {
  std::string text;
  for (int i = 0; i < 10; ++i) StrAppend(&text, i, ",x\n");
  folder_.Write("a.csv", text);
  v1::PhysicalSource source = Source({{"path", "a.csv"}, {"format", "csv"}, {"header", "false"}});
  v1::SourceExtent extent = Resolve(source);
  std::filesystem::resize_file(folder_.path() + "/a.csv", 12);
  SourceRun run(connector_, source, extent, folder_.path());
  run.Open();
  ASSERT_TRUE(run.TakeUntilFinished());
  EXPECT_EQ(CodeOf(run.source().Health()), ErrorCode::kSourceChanged);
  EXPECT_FALSE(run.source().Progress().finished);
}

TEST_F(Files, AFileThatIsReplacedByAnotherIsReported) {
  folder_.Write("a.csv", "1,x\n");
  v1::PhysicalSource source = Source({{"path", "a.csv"}, {"format", "csv"}, {"header", "false"}});
  v1::SourceExtent extent = Resolve(source);
  folder_.Write("b.csv", "2,y\n");
  std::filesystem::rename(folder_.path() + "/b.csv", folder_.path() + "/a.csv");
  SourceRun run(connector_, source, extent, folder_.path());
  run.Open();
  ASSERT_TRUE(run.TakeUntilFinished());
  EXPECT_EQ(CodeOf(run.source().Health()), ErrorCode::kSourceChanged);
  EXPECT_THAT(run.Rows(), IsEmpty());
}

TEST_F(Files, ChangesWithWeightsComeFromJsonLines) {
  folder_.Write("a.json", "{\"weight\":-1,\"row\":{\"a\":1}}\n{\"insert\":{\"a\":2}}\n{\"delete\":{\"a\":3}}\n");
  v1::PhysicalSource source = Source({{"path", "a.json"}, {"format", "json"}, {"envelope", "changes"}});
  source.mutable_declaration()->set_deletes(true);
  v1::SourceExtent extent = Resolve(source);
  SourceRun run(connector_, source, extent, folder_.path());
  run.Open();
  ASSERT_TRUE(run.TakeUntilFinished());
  EXPECT_THAT(run.rows_in_order(), ElementsAre("-1 | 1, NULL", "1 | 2, NULL", "-1 | 3, NULL"));
}

TEST_F(Files, ABoundedQueueHoldsTheReaderBack) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) StrAppend(&text, i, ",some longer text that takes room\n");
  folder_.Write("x.csv", text);
  v1::PhysicalSource source = Source({{"path", "x.csv"}, {"format", "csv"}, {"header", "false"}});
  v1::SourceExtent extent = Resolve(source);
  SourceRun run(connector_, source, extent, folder_.path(), 0, 1, 100'000);
  run.Open();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_LT(run.source().Waiting().rows, 10'000u);
  EXPECT_GT(run.source().Waiting().rows, 0u);
  ASSERT_TRUE(run.TakeUntilFinished());
  EXPECT_EQ(run.rows_in_order().size(), 200'000u);
}

TEST_F(Files, ALineOfManyMegabytesIsADeadLetter) {
  std::string text = "{\"a\":1}\n{\"a\":\"";
  text += std::string(40 << 20, 'x');
  text += "\"}\n{\"a\":2}\n";
  folder_.Write("x.json", text);
  v1::PhysicalSource source = Source({{"path", "x.json"}, {"format", "json"}, {"max_record_bytes", "100000"}});
  v1::SourceExtent extent = Resolve(source);
  SourceRun run(connector_, source, extent, folder_.path());
  run.Open();
  ASSERT_TRUE(run.TakeUntilFinished());
  EXPECT_THAT(run.Rows(), ElementsAre("1 | 1, NULL", "1 | 2, NULL"));
  EXPECT_THAT(run.DeadLetters(), ElementsAre("RECORD_TOO_LARGE x.json line 2"));
  EXPECT_EQ(run.source().DeadLetters(Epoch(UINT64_MAX), {}, 1)[0].record().size(), 1024u);
}

TEST_F(Files, WhatLeadsOutOfTheRootIsRefused) {
  TempFolder outside;
  outside.Write("secret.csv", "a,b\n1,x\n");
  std::filesystem::create_symlink(outside.path(), folder_.path() + "/link");
  std::filesystem::create_symlink(outside.path() + "/secret.csv", folder_.path() + "/file.csv");
  for (std::string path : {std::string("../x.csv"), std::string("a/../../x.csv"), outside.path() + "/secret.csv",
                           std::string("link/secret.csv"), std::string("link/*.csv"), std::string("*/secret.csv"),
                           std::string("*.csv"), std::string("file.csv")}) {
    absl::Status status = ResolveError(Source({{"path", path}, {"format", "csv"}}));
    EXPECT_EQ(CodeOf(status), ErrorCode::kPathOutsideRoot) << path << " " << status;
  }
  folder_.Write("in.csv", "a,b\n1,x\n");
  EXPECT_EQ(Resolve(Source({{"path", folder_.path() + "/in.csv"}, {"format", "csv"}})).partitions(0).partition(),
            "in.csv");
}

TEST_F(Files, AFileWhoseNameIsNoTextIsNamed) {
  folder_.Write("a.csv", "a,b\n1,x\n");
  folder_.Write("b\xFF.csv", "a,b\n2,y\n");
  absl::Status status = ResolveError(Source({{"path", "*.csv"}, {"format", "csv"}}));
  EXPECT_EQ(CodeOf(status), ErrorCode::kInvalidOption);
  EXPECT_THAT(std::string(status.message()), HasSubstr("b\\xff.csv"));
  // What is followed goes on without it, and says so in its status.
  v1::PhysicalSource follow =
      Source({{"path", "*.csv"}, {"format", "csv"}, {"mode", "follow"}, {"poll_interval_ms", "10"}});
  v1::SourceExtent extent = Resolve(follow);
  ASSERT_EQ(extent.partitions_size(), 1);
  EXPECT_EQ(extent.partitions(0).partition(), "a.csv");
}

TEST_F(Files, AMissingFileIsNamed) {
  absl::Status status = ResolveError(Source({{"path", "no.csv"}, {"format", "csv"}}));
  EXPECT_EQ(CodeOf(status), ErrorCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no.csv"));
  v1::PhysicalSource follow = Source({{"path", "no/*.csv"}, {"format", "csv"}, {"mode", "follow"}});
  EXPECT_THAT(Resolve(follow).partitions(), IsEmpty());
}

}  // namespace
}  // namespace freshet
