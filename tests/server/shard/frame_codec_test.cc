#include "server/shard/exchange/frame_codec.h"

#include <random>

#include "engine/columnar/column_builder.h"
#include "engine/columnar/datum.h"
#include "gtest/gtest.h"

namespace freshet {
namespace {

const std::vector<std::vector<DataType>> kTypes = {{{TypeKind::kBigint}, {TypeKind::kText}}, {{TypeKind::kBoolean}}};

DeltaBatch SomeBatch() {
  ColumnBuilder numbers({TypeKind::kBigint}), texts({TypeKind::kText});
  for (int i = 0; i < 3; ++i) {
    AppendDatum(i == 1 ? Datum::Null() : Datum::Int(i * 1000), numbers);
    AppendDatum(Datum::Text(std::string(static_cast<size_t>(i * 20), 'x')), texts);
  }
  std::vector<Column> columns;
  columns.push_back(numbers.Finish());
  columns.push_back(texts.Finish());
  return DeltaBatch(3, std::move(columns));
}

SourcePositions SomePositions() {
  SourcePositions positions(2);
  positions[0]["a.csv"] = {100, 7, 42, "identity"};
  positions[0][""] = {-1, 0, 0, ""};
  return positions;
}

std::vector<Frame> AllKinds() {
  CutFrame cut;
  cut.epoch = Epoch(5);
  cut.load = true;
  cut.clock_micros = -3;
  cut.watermarks = {std::nullopt, 17};
  cut.until = SomePositions();
  cut.replay_ends = true;
  cut.ended = {false, true};
  cut.sinks = CutFrame::Sinks{Epoch(3), {{{"0", {Epoch(4), 17}}}, {}}};
  DoneFrame done;
  done.epoch = Epoch(5);
  done.waiting = {3, 4};
  done.event_times = {9, std::nullopt};
  done.ended = {true, false};
  done.run_micros = 77;
  done.sinks = {{}, {{"000001", {Epoch(4), 3}}}};
  done.sinks_full = true;
  DataFrame data;
  data.exchange = ExchangeId(0);
  data.epoch = Epoch(5);
  data.iteration = 2;
  data.batch = SomeBatch();
  data.bytes = 1234;
  MarkerFrame marker;
  marker.epoch = Epoch(5);
  marker.stage = StageId(1);
  marker.rows_sent = {{ExchangeId(0), 3}, {ExchangeId(1), 4}};
  marker.pending_iteration = 6;
  return {cut,
          TakenFrame{Epoch(5), SomePositions(), 12},
          WaitingFrame{{1, 2}},
          done,
          CommitFrame{Epoch(5), true, false, true},
          data,
          marker,
          CreditFrame{ExchangeId(1), 99},
          SinksFrame{true, false}};
}

TEST(FrameCodecTest, ReadsWhatItWrote) {
  for (const Frame& frame : AllKinds()) {
    std::string bytes = EncodeFrame(frame);
    auto read = DecodeFrame(bytes, kTypes);
    ASSERT_TRUE(read.ok()) << frame.index() << ": " << read.status();
    EXPECT_EQ(read->index(), frame.index());
    EXPECT_EQ(EncodeFrame(*read), bytes) << frame.index();
  }
  auto cut = std::get<CutFrame>(*DecodeFrame(EncodeFrame(AllKinds()[0]), kTypes));
  EXPECT_EQ(cut.until, SomePositions());
  EXPECT_EQ(cut.watermarks, (std::vector<std::optional<int64_t>>{std::nullopt, 17}));
  auto data = std::get<DataFrame>(*DecodeFrame(EncodeFrame(AllKinds()[5]), kTypes));
  EXPECT_EQ(data.bytes, 1234u);
  EXPECT_EQ(DatumAt(data.batch.column(ColumnIndex(1)), 2), Datum::Text(std::string(40, 'x')));
}

TEST(FrameCodecTest, RefusesEveryTruncationAndTail) {
  for (const Frame& frame : AllKinds()) {
    std::string bytes = EncodeFrame(frame);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(DecodeFrame(std::string_view(bytes).substr(0, size), kTypes).ok()) << frame.index() << " " << size;
    }
    if (!std::holds_alternative<DataFrame>(frame)) EXPECT_FALSE(DecodeFrame(bytes + "x", kTypes).ok());
  }
}

// Mutated and random frames must neither crash nor take memory that they do not pay for; ASan watches.
TEST(FrameCodecTest, SurvivesGarbage) {
  std::mt19937 random(11);
  std::vector<Frame> kinds = AllKinds();
  int decoded = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    if (round % 4 == 0) {
      bytes.resize(random() % 64);
      for (char& byte : bytes) byte = static_cast<char>(random());
      if (!bytes.empty()) bytes[0] = static_cast<char>(random() % 9);
    } else {
      bytes = EncodeFrame(kinds[random() % kinds.size()]);
      for (uint32_t changes = 1 + random() % 3; changes > 0; --changes) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
      if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    }
    decoded += DecodeFrame(bytes, kTypes).ok();
    (void)DecodeHello(bytes);
  }
  EXPECT_GT(decoded, 0);
}

TEST(FrameCodecTest, RefusesExchangesThatTheCircuitDoesNotHave) {
  DataFrame data;
  data.exchange = ExchangeId(2);
  data.batch = SomeBatch();
  EXPECT_FALSE(DecodeFrame(EncodeFrame(data), kTypes).ok());
}

TEST(FrameCodecTest, ReadsHello) {
  ExchangeHello hello{"0123456789abcdef", Generation(7), ShardId(3)};
  auto read = DecodeHello(EncodeHello(hello));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, hello);
  EXPECT_FALSE(DecodeHello(EncodeFrame(CreditFrame())).ok());
}

}  // namespace
}  // namespace freshet
