// The files of a sink hold every epoch once and whole, whatever died in between.
#include "server/connectors/files/files_sink_writer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_split.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/text_form.h"
#include "server/connectors/api/queued_sink.h"
#include "server/errors/error_list.h"
#include "tests/server/connectors/memory_disk.h"
#include "tests/support/manual_clock.h"

namespace freshet {
namespace {

const Schema kSchema = {{"k", {TypeKind::kBigint}}, {"v", {TypeKind::kText}}};

std::vector<std::pair<Row, int64_t>> RowsOfEpoch(uint64_t epoch) {
  std::vector<std::pair<Row, int64_t>> rows;
  for (uint64_t i = 0; i <= epoch % 4; ++i) {
    rows.push_back({{Datum::Int(static_cast<int64_t>(epoch * 7 % 10 + 10 - i)),
                     Datum::Text(epoch % 3 == 0 ? "two\nlines, \"quoted\"" : "x")},
                    i % 2 == 0 ? 1 : -1});
  }
  return rows;
}

class FilesSinkTest : public testing::Test {
 protected:
  FilesSinkWriter::Options Options() const {
    FilesSinkWriter::Options options;
    options.folder = "out";
    options.sink = "counts";
    options.pipeline = "words";
    options.pipeline_uid = "u1";
    options.schema = kSchema;
    return options;
  }
  std::unique_ptr<QueuedSink> Make(const FilesSinkWriter::Options& options) {
    QueuedSink::Options queue;
    queue.name = options.sink;
    queue.wake = [] {};
    queue.clock = &clock_;
    return std::make_unique<QueuedSink>(queue, std::make_unique<FilesSinkWriter>(options, &disk_, &clock_));
  }
  static void Give(QueuedSink& sink, uint64_t epoch) {
    sink.Write(BatchOf(RowsOfEpoch(epoch), kSchema));
    sink.Prepare(Epoch(epoch));
  }
  void Run(QueuedSink& sink) {
    for (int steps = 0; !sink.Drained() && !disk_.dead(); ++steps) {
      ASSERT_LT(steps, 10'000);
      ASSERT_TRUE(sink.Health().ok()) << sink.Health();
      sink.Step(0);
    }
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names = *disk_.List("out");
    std::erase_if(names, [](const std::string& name) { return name.starts_with('.'); });
    return names;
  }
  // The content of all files in the order of their epochs, headers left out.
  std::string Content() {
    std::string content;
    for (const std::string& name : Names()) {
      std::string text = disk_.files["out/" + name];
      if (text.starts_with("__epoch")) text = text.substr(text.find('\n') + 1);
      content += text;
    }
    return content;
  }

  MemoryDisk disk_{1};
  ManualClock clock_;
};

TEST_F(FilesSinkTest, WritesLinesAndNamesFilesByTheirEpochs) {
  FilesSinkWriter::Options options = Options();
  options.roll_bytes = 120;
  auto sink = Make(options);
  sink->Start({Epoch(1), {}});
  for (uint64_t epoch : {1, 2, 4}) {
    Give(*sink, epoch);
    sink->Commit(Epoch(epoch), false);
    Run(*sink);
  }
  EXPECT_EQ(Names(), (std::vector<std::string>{"counts-0-0000000000000001-0000000000000002.jsonl",
                                               "counts-0-0000000000000004.jsonl.open"}));
  EXPECT_EQ(disk_.files["out/counts-0-0000000000000001-0000000000000002.jsonl"],
            "{\"epoch\":1,\"weight\":-1,\"row\":{\"k\":16,\"v\":\"x\"}}\n"
            "{\"epoch\":1,\"weight\":1,\"row\":{\"k\":17,\"v\":\"x\"}}\n"
            "{\"epoch\":2,\"weight\":1,\"row\":{\"k\":12,\"v\":\"x\"}}\n"
            "{\"epoch\":2,\"weight\":-1,\"row\":{\"k\":13,\"v\":\"x\"}}\n"
            "{\"epoch\":2,\"weight\":1,\"row\":{\"k\":14,\"v\":\"x\"}}\n");
  sink->Commit(Epoch(5), /*finished=*/true);
  Run(*sink);
  EXPECT_EQ(Names().back(), "counts-0-0000000000000004-0000000000000004.jsonl");
  EXPECT_EQ(sink->Status().rows(), 6u);
  EXPECT_EQ(sink->Status().epoch(), 4u);
}

TEST_F(FilesSinkTest, WritesCsvWithAHeaderInEachFile) {
  FilesSinkWriter::Options options = Options();
  options.csv = true;
  auto sink = Make(options);
  sink->Start({Epoch(1), {}});
  Give(*sink, 3);
  sink->Commit(Epoch(3), true);
  Run(*sink);
  EXPECT_EQ(disk_.files["out/counts-0-0000000000000003-0000000000000003.csv"].substr(0, 60),
            "__epoch,__weight,k,v\r\n3,-1,8,\"two\nlines, \"\"quoted\"\"\"\r\n3,1,9,");
}

TEST_F(FilesSinkTest, RollsByAge) {
  FilesSinkWriter::Options options = Options();
  options.roll_seconds = 10;
  auto sink = Make(options);
  sink->Start({Epoch(1), {}});
  Give(*sink, 1);
  sink->Commit(Epoch(1), false);
  Run(*sink);
  EXPECT_EQ(sink->Step(0), 10'001);
  EXPECT_TRUE(Names()[0].ends_with(".open"));
  clock_.Advance(10'000'000);
  sink->Step(0);
  EXPECT_EQ(Names(), (std::vector<std::string>{"counts-0-0000000000000001-0000000000000001.jsonl"}));
}

// Dies at every write in turn, in both formats; then the whole history comes again.
TEST_F(FilesSinkTest, HoldsEveryEpochOnceOverCrashesAtEveryWrite) {
  for (bool csv : {false, true}) {
    FilesSinkWriter::Options options = Options();
    options.csv = csv;
    options.roll_bytes = 300;
    std::string expected;
    int crashes = 0;
    for (uint64_t death = 0; death < 120; ++death) {
      SCOPED_TRACE(death);
      disk_.files.clear();
      disk_.writes_until_death = death == 0 ? UINT64_MAX : death;
      for (bool again = true; again;) {
        auto sink = Make(options);
        sink->Start({Epoch(1), {}});
        for (uint64_t epoch = 1; epoch <= 20; ++epoch) {
          Give(*sink, epoch);
          sink->Commit(Epoch(epoch), epoch == 20);
          for (int steps = 0; steps < 3; ++steps) sink->Step(0);
        }
        Run(*sink);
        again = disk_.dead();
        crashes += again;
        disk_.writes_until_death = UINT64_MAX;
      }
      if (death == 0) expected = Content();
      ASSERT_EQ(Content(), expected);
      for (const std::string& name : Names()) ASSERT_FALSE(name.ends_with(".open")) << name;
    }
    EXPECT_GT(crashes, 25);
    EXPECT_EQ(std::count(expected.begin(), expected.end(), '\n'), csv ? 50 + 17 : 50);
  }
}

TEST_F(FilesSinkTest, GoesOnByItselfAfterAFullDiskAndFailedWrites) {
  FilesSinkWriter::Options options = Options();
  options.roll_bytes = 300;
  std::string expected;
  for (double rate : {0.0, 0.3}) {
    disk_.files.clear();
    disk_.failure_rate = 0;
    disk_.room = rate > 0 ? 1000 : UINT64_MAX;
    auto sink = Make(options);
    sink->Start({Epoch(1), {}});
    sink->Step(0);
    disk_.failure_rate = rate;
    bool told = false;
    for (uint64_t epoch = 1; epoch <= 20; ++epoch) {
      Give(*sink, epoch);
      sink->Commit(Epoch(epoch), epoch == 20);
      sink->Step(0);
      told |= sink->Status().message() == "no space is left";
    }
    EXPECT_EQ(told, rate > 0);
    disk_.room = UINT64_MAX;
    Run(*sink);
    EXPECT_EQ(sink->Status().message(), "");
    if (rate == 0) expected = Content();
    EXPECT_EQ(Content(), expected);
  }
}

TEST_F(FilesSinkTest, BeginsAnewWithAnotherHistoryAndLeavesOthersAlone) {
  auto sink = Make(Options());
  sink->Start({Epoch(1), {}});
  Give(*sink, 1);
  sink->Commit(Epoch(1), false);
  Run(*sink);
  disk_.files["out/notes.txt"] = "mine";
  sink = Make(Options());
  sink->Start({Epoch(9), {}});
  Give(*sink, 9);
  sink->Commit(Epoch(9), false);
  Run(*sink);
  EXPECT_EQ(Names(), (std::vector<std::string>{"counts-0-0000000000000009.jsonl.open", "notes.txt"}));

  FilesSinkWriter::Options other = Options();
  other.pipeline = "flights";
  sink = Make(other);
  sink->Start({Epoch(1), {}});
  sink->Step(0);
  EXPECT_EQ(CodeOf(sink->Health()), ErrorCode::kInvalidOption);
  EXPECT_EQ(Names().size(), 2u);

  disk_.files.erase("out/.counts-0.freshet");
  sink = Make(Options());
  sink->Start({Epoch(1), {}});
  sink->Step(0);
  EXPECT_EQ(CodeOf(sink->Health()), ErrorCode::kInvalidOption) << "files that it did not write";
}

TEST(SinkFileNameTest, ReadsItsNamesAndNoOthers) {
  SinkFileName name{"a-b", 12, Epoch(5), Epoch(77), false, "csv"};
  EXPECT_EQ(name.Text(), "a-b-12-0000000000000005-0000000000000077.csv");
  EXPECT_EQ(ParseSinkFileName(name.Text()), name);
  name.open = true;
  name.last = Epoch();
  EXPECT_EQ(name.Text(), "a-b-12-0000000000000005.csv.open");
  EXPECT_EQ(ParseSinkFileName(name.Text()), name);
  for (const char* other : {"", "a", "a-1-2-3.csv", "a-0000000000000005-0000000000000077.csv", ".a-1.freshet",
                            "a-12-0000000000000005-0000000000000077.txt", "a-x-0000000000000005.csv.open"}) {
    EXPECT_FALSE(ParseSinkFileName(other).has_value()) << other;
  }
}

}  // namespace
}  // namespace freshet
