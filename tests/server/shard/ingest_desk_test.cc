#include "server/shard/ingest/ingest_desk.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/storage/log_folder.h"
#include "tests/support/manual_clock.h"

namespace freshet {
namespace {

class IngestDeskTest : public testing::Test {
 protected:
  void SetUp() override {
    auto log = PipelineLog::Open(folder_.Options(1));
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    Make({});
  }

  void Make(IngestDesk::Options options) {
    IngestDesk::Handlers handlers;
    handlers.answer = [this](const v1::IngestAnswer& answer) { answers_.push_back(answer); };
    handlers.write = [this] { ++writes_; };
    desk_ = std::make_unique<IngestDesk>(options, log_.get(), &clock_,
                                         std::vector<IngestDesk::Table>{{"t", "t@1"}, {"u", "u@1"}}, handlers);
  }

  // The position that the request gets, if it is taken.
  uint64_t Submit(uint64_t id, const std::string& body, const std::string& key = "", bool visible = false,
                  const std::string& table = "t") {
    v1::IngestCall call;
    call.set_id(id);
    call.set_table(table);
    call.set_format(v1::NDJSON);
    call.set_idempotency_key(key);
    call.set_wait_visible(visible);
    call.set_body(body);
    uint64_t position = log_->end().value();
    desk_->Submit(std::move(call));
    return position;
  }
  void Commit(uint64_t epoch) {
    desk_->OnCommitted(Epoch(epoch));
    desk_->AnswerVisible();
  }
  std::vector<uint64_t> Answered() const {
    std::vector<uint64_t> ids;
    for (const v1::IngestAnswer& answer : answers_) ids.push_back(answer.id());
    return ids;
  }

  LogFolder folder_;
  ManualClock clock_;
  std::unique_ptr<PipelineLog> log_;
  std::unique_ptr<IngestDesk> desk_;
  std::vector<v1::IngestAnswer> answers_;
  int writes_ = 0;
};

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(IngestDeskTest, AnswersOnceDecodedOrOnceVisible) {
  uint64_t first = Submit(1, "{}");
  uint64_t second = Submit(2, "{}", "", /*visible=*/true);
  EXPECT_EQ(writes_, 2);
  EXPECT_THAT(Answered(), IsEmpty());
  desk_->OnDecoded(first, {.accepted = 1});
  desk_->OnDecoded(second, {.accepted = 2, .rejected = 1, .errors = {{3, 4, ErrorCode::kBadKey, "no key"}}});
  EXPECT_THAT(Answered(), ElementsAre(1));
  desk_->OnTaken("t@1", log_->end().value(), Epoch(5));
  Commit(4);
  EXPECT_THAT(Answered(), ElementsAre(1));
  Commit(5);
  ASSERT_THAT(Answered(), ElementsAre(1, 2));
  EXPECT_EQ(answers_[1].accepted(), 2u);
  EXPECT_EQ(answers_[1].errors(0).line(), 3);
  EXPECT_EQ(answers_[1].errors(0).code(), "BAD_KEY");
  EXPECT_EQ(answers_[1].position(), log_->end().value());
}

TEST_F(IngestDeskTest, AnotherTablesEpochMakesNothingVisible) {
  uint64_t position = Submit(1, "{}", "", /*visible=*/true);
  desk_->OnDecoded(position, {.accepted = 1});
  desk_->OnTaken("u@1", log_->end().value(), Epoch(1));
  Commit(1);
  EXPECT_THAT(Answered(), IsEmpty());
}

TEST_F(IngestDeskTest, AKeyIsAnsweredAsTheFirstTime) {
  uint64_t position = Submit(1, "{}", "k");
  Submit(2, "{}", "k");
  EXPECT_EQ(writes_, 1);
  desk_->OnDecoded(position, {.accepted = 1});
  EXPECT_THAT(Answered(), ElementsAre(1, 2));
  Submit(3, "{}", "k");
  EXPECT_THAT(Answered(), ElementsAre(1, 2, 3));
  EXPECT_EQ(answers_[2].position(), answers_[0].position());
  Submit(4, "{\"other\": 1}", "k");
  EXPECT_EQ(answers_.back().error_code(), "IDEMPOTENCY_CONFLICT");
  Submit(5, "{}", "k", false, "u");
  EXPECT_EQ(answers_.back().error_code(), "IDEMPOTENCY_CONFLICT");
}

TEST_F(IngestDeskTest, KeysOfTheLogAreKnownAgain) {
  Make({.log_end = 200});
  Submit(1, "{}", "k");
  EXPECT_EQ(answers_.back().error_code(), "RECOVERING");
  RequestRecord record{.table_uid = "t@1", .format = "ndjson", .idempotency_key = "k", .body = "{}"};
  desk_->OnFound(record, {LogPosition(100), LogPosition(150)});
  desk_->OnDecoded(100, {.accepted = 1});
  desk_->OnTaken("t@1", 150, Epoch(1));
  Commit(1);
  desk_->SetLoaded();
  Submit(2, "{}", "k", /*visible=*/true);
  Submit(3, "{}", "other");
  desk_->OnRead("t@1", 200);
  EXPECT_EQ(answers_.back().id(), 1u) << "the other table's part of the log may hold the key";
  EXPECT_EQ(writes_, 0);
  desk_->OnRead("u@1", 300);
  EXPECT_EQ(answers_.back().id(), 2u);
  EXPECT_EQ(answers_.back().position(), 150u);
  EXPECT_EQ(writes_, 1) << "the other one was not known";
}

TEST_F(IngestDeskTest, OldKeysMakeRoom) {
  Make({.keys_max = 2});
  for (const char* key : {"a", "b", "c"}) Submit(1, "{}", key);
  Submit(2, "{}", "a");
  EXPECT_EQ(writes_, 4) << "the key a is forgotten";
}

TEST_F(IngestDeskTest, TooMuchThatIsNotVisibleIsRefused) {
  Make({.pending_bytes_max = 100});
  uint64_t position = Submit(1, std::string(150, ' '));
  EXPECT_EQ(writes_, 1) << "one request is always taken";
  Submit(2, "{}");
  EXPECT_EQ(answers_.back().error_code(), "TOO_MANY_REQUESTS");
  desk_->OnDecoded(position, {});
  desk_->OnTaken("t@1", log_->end().value(), Epoch(1));
  Commit(1);
  Submit(3, "{}");
  EXPECT_EQ(writes_, 2);
}

TEST_F(IngestDeskTest, AFullDiskIsTold) {
  desk_->SetLogFailure(MakeError(ErrorCode::kDiskFull, "no room"));
  Submit(1, "{}");
  EXPECT_EQ(answers_.back().error_code(), "DISK_FULL");
  desk_->SetLogFailure(absl::OkStatus());
  Submit(2, "{}");
  EXPECT_EQ(writes_, 1);
}

TEST_F(IngestDeskTest, ReceiptTimesNeverGoBack) {
  RequestRecord record{.table_uid = "t@1", .format = "ndjson", .received_micros = 2'000'000'000'000'000, .body = "{}"};
  desk_->OnFound(record, {LogPosition(100), LogPosition(150)});
  Submit(1, "{}");
  ASSERT_TRUE(log_->WriteAndSync().ok());
  LogReader reader(folder_.disk(), folder_.path(), LogPosition(0), {LogRecordKind::kRequest});
  auto item = reader.Next(log_->durable());
  ASSERT_TRUE(item.ok() && item->has_value());
  EXPECT_GE(std::get<RequestRecord>((*item)->record).received_micros, 2'000'000'000'000'000);
}

}  // namespace
}  // namespace freshet
