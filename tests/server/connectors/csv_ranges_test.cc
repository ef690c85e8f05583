// Large CSV files in ranges: whatever quotes, newlines and garbage are in them, and wherever they are cut, rows, places
// and dead letters are those of the file read in one piece.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "server/connectors/files/files_connector.h"
#include "tests/server/connectors/source_harness.h"

namespace freshet {
namespace {

// Rows and dead letters of all shards, sorted.
struct Read {
  std::vector<std::string> rows;
  std::vector<std::string> letters;  // code and line
  bool operator==(const Read&) const = default;
};

class CsvRanges : public ::testing::Test {
 protected:
  static v1::PhysicalSource Source(bool follow, bool header) {
    std::vector<v1::Column> columns = {MakeColumn("a", v1::TEXT), MakeColumn("b", v1::TEXT),
                                       MakeColumn("line", v1::BIGINT), MakeColumn("file", v1::TEXT),
                                       MakeColumn("at", v1::BIGINT)};
    columns[2].set_metadata(v1::Column::LINE);
    columns[3].set_metadata(v1::Column::FILE);
    columns[4].set_metadata(v1::Column::OFFSET);
    Options options = {{"path", "x.csv"}, {"format", "csv"}, {"max_record_bytes", "60"}};
    options["header"] = header ? "true" : "false";
    if (follow) options.insert({{"mode", "follow"}, {"poll_interval_ms", "1"}});
    return MakeSource("files", std::move(columns), options);
  }

  // Records as programs write them, and what no program should.
  static std::string Garbage(std::mt19937& random, int records) {
    auto draw = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    const std::string_view pieces[] = {"a", "bc", "\"", "\"\"", ",", "\n", "\r\n", "\r", " ", "\xC3\xA9", "\"x\ny\""};
    std::string text;
    for (int i = 0; i < records; ++i) {
      switch (draw(7)) {
        case 0:
        case 1:
          StrAppend(&text, i, ",plain");
          break;
        case 2:
          StrAppend(&text, "\"quoted ", i, "\",\"with \"\"quotes\"\", and\nnewlines\n\"");
          break;
        case 3:
          StrAppend(&text, i, ",\"\n\"");
          break;
        case 4:
          StrAppend(&text, "\"never closed ", i, ",");
          break;
        case 5:
          StrAppend(&text, std::string(static_cast<size_t>(draw(100)), 'x'), ",", i);
          break;
        default:
          for (int n = draw(12); n > 0; --n) text += pieces[draw(std::size(pieces))];
      }
      text += draw(9) == 0 ? "\r\n" : draw(9) == 0 ? "\n\n" : "\n";
    }
    return text;
  }

  Read ReadAll(const FilesConnector& connector, const v1::PhysicalSource& source, uint32_t shards,
               size_t* ranges = nullptr) {
    auto extent = connector.Resolve(source, {"p", folder_.path(), shards});
    EXPECT_TRUE(extent.ok()) << extent.status();
    if (ranges != nullptr) *ranges = static_cast<size_t>(extent->partitions_size());
    Read read;
    for (uint32_t shard = 0; shard < shards; ++shard) {
      SourceRun run(connector, source, *extent, folder_.path(), shard, shards);
      run.Open();
      EXPECT_TRUE(run.TakeUntilFinished());
      EXPECT_TRUE(run.source().Health().ok()) << run.source().Health();
      Add(run, &read);
    }
    return Sorted(std::move(read));
  }
  static void Add(SourceRun& run, Read* read) {
    for (std::string& row : run.Rows()) read->rows.push_back(std::move(row));
    for (std::string& letter : run.DeadLetters()) {
      // The partition is a range; what is said about the place is not.
      read->letters.push_back(letter.substr(0, letter.find(' ')) + letter.substr(letter.find(" line ")));
    }
  }
  static Read Sorted(Read read) {
    std::sort(read.rows.begin(), read.rows.end());
    std::sort(read.letters.begin(), read.letters.end());
    return read;
  }

  TempFolder folder_;
};

TEST_F(CsvRanges, AreReadAsIfInOrder) {
  std::mt19937 random(7);
  size_t most_ranges = 0, rows = 0, letters = 0;
  for (int round = 0; round < 120; ++round) {
    std::string text = round % 5 == 0 ? "\xEF\xBB\xBF" : "";
    const bool header = round % 3 != 0;
    if (header) text += round % 2 == 0 ? "b,\"a\"\n" : "\"a\",\"b\"\r\n";
    text += Garbage(random, 1 + static_cast<int>(random() % 120));
    if (random() % 2 == 0) text.pop_back();
    folder_.Write("x.csv", text);
    v1::PhysicalSource source = Source(false, header);
    const Read whole = ReadAll(FilesConnector(1 << 20), source, 1);
    for (uint32_t shards : {2u, 3u, 7u}) {
      size_t ranges = 0;
      const Read read = ReadAll(FilesConnector(1 + random() % 50), source, shards, &ranges);
      ASSERT_EQ(read.rows, whole.rows) << round << " " << shards << "\n" << text;
      ASSERT_EQ(read.letters, whole.letters) << round << " " << shards << "\n" << text;
      most_ranges = std::max(most_ranges, ranges);
    }
    rows += whole.rows.size();
    letters += whole.letters.size();
  }
  EXPECT_EQ(most_ranges, 7u);
  EXPECT_GT(rows, 1000u);
  EXPECT_GT(letters, 1000u);
}

// Grows while several shards follow it, which start anew in between.
TEST_F(CsvRanges, OfAFileThatGrowsAreReadAsIfInOrder) {
  std::mt19937 random(8);
  for (int round = 0; round < 12; ++round) {
    std::string text = "a,b\n" + Garbage(random, 60);
    // A quote that is open may still be closed, until the record would be too long.
    for (int i = 0; i < 10; ++i) text += "last,line\n";
    folder_.Write("x.csv", text);
    v1::PhysicalSource source = Source(true, true);
    const Read whole = ReadAll(FilesConnector(1 << 20), Source(false, true), 1);
    const FilesConnector connector(40 + random() % 200);
    const uint32_t shards = 1 + static_cast<uint32_t>(random() % 3);

    size_t written = random() % text.size();
    folder_.Write("x.csv", text.substr(0, written));
    auto extent = connector.Resolve(source, {"p", folder_.path(), shards});
    ASSERT_TRUE(extent.ok()) << extent.status();
    Read read;
    Positions positions;
    size_t partitions = 0;
    for (int generation = 0; generation < 3; ++generation) {
      std::vector<std::unique_ptr<SourceRun>> runs;
      for (uint32_t shard = 0; shard < shards; ++shard) {
        runs.push_back(std::make_unique<SourceRun>(connector, source, *extent, folder_.path(), shard, shards));
        runs.back()->Open(positions);
      }
      for (int step = 0; step < 3; ++step) {
        const bool last = generation == 2 && step == 2;
        size_t more = last ? text.size() - written : std::min(text.size() - written, 1 + random() % 400);
        folder_.Append("x.csv", text.substr(written, more));
        written += more;
        for (auto& run : runs) run->TakeUntil([] { return true; });
      }
      const bool all = generation == 2;
      auto begin = std::chrono::steady_clock::now();
      // A range without rows may be the last that is read.
      auto count = [&] {
        size_t records = read.rows.size() + read.letters.size();
        for (auto& run : runs) {
          run->TakeUntil([] { return true; });
          records += run->rows_in_order().size() + run->DeadLetters().size();
        }
        return records;
      };
      while (all && count() < whole.rows.size() + whole.letters.size() &&
             std::chrono::steady_clock::now() - begin < std::chrono::seconds(20)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
      for (auto& run : runs) {
        run->source().SealDeadLetters(Epoch(7));
        Positions moved = run->source().TakePositions();
        for (auto& [name, position] : moved) positions[name] = position;
        EXPECT_TRUE(run->source().Health().ok()) << run->source().Health();
        Add(*run, &read);
      }
      partitions = positions.size();
    }
    read = Sorted(std::move(read));
    ASSERT_EQ(read.rows, whole.rows) << round << "\n" << text;
    ASSERT_EQ(read.letters, whole.letters) << round << "\n" << text;
    EXPECT_GT(partitions, 3u);
  }
}

}  // namespace
}  // namespace freshet
