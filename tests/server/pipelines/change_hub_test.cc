#include "server/pipelines/change_hub.h"

#include <gtest/gtest.h>

#include "engine/base/str_cat.h"
#include "engine/columnar/batch_codec.h"
#include "engine/columnar/text_form.h"
#include "server/errors/error_list.h"
#include "server/pipelines/change_token.h"
#include "tests/support/manual_clock.h"

namespace freshet {
namespace {

const Schema kSchema = {{"n", {TypeKind::kBigint}}};

// A group of one shard: epochs with rows, answered at once.
class FakeGroup {
 public:
  void Commit(uint64_t epoch, const std::string& rows) {
    newest_ = epoch;
    if (!rows.empty()) changes_[epoch] = rows;
  }

  void Answer(const Group::Read& read, std::function<void(absl::StatusOr<Group::ReadResult>)> done) {
    ++asked;
    if (!failure.ok()) return done(failure);
    v1::ChangesRequest changes = read.request.changes();
    Group::ReadResult result;
    result.epoch = changes.up_to_epoch() == 0 ? newest_ : changes.up_to_epoch();
    result.finished = finished;
    uint64_t after = changes.after_epoch() == 0 ? newest_ : changes.after_epoch();
    if (!read.pages.empty()) after = std::stoull(read.pages[0].after);
    if (after < oldest) return done(MakeError(ErrorCode::kEpochGone, "gone"));
    v1::ReadResponse response;
    response.set_history(history);
    response.set_covered_epoch(result.epoch);
    for (auto change = changes_.upper_bound(after); change != changes_.end() && change->first <= result.epoch;
         ++change) {
      if (response.changes_size() == epochs_per_answer) {
        response.set_covered_epoch(response.changes(response.changes_size() - 1).epoch());
        response.set_changes_cursor(std::to_string(response.covered_epoch()));
        break;
      }
      response.add_changes()->set_epoch(change->first);
      EncodeBatch(*ParseBatch(change->second, kSchema),
                  response.mutable_changes(response.changes_size() - 1)->mutable_batch());
    }
    result.responses.push_back(std::move(response));
    done(std::move(result));
  }

  absl::Status failure;
  bool finished = false;
  uint64_t oldest = 0;
  uint64_t history = 1;
  int epochs_per_answer = 1000;
  int asked = 0;

 private:
  uint64_t newest_ = 0;
  std::map<uint64_t, std::string> changes_;
};

class FakeReader : public Reader {
 public:
  ReadId ReadRows(RowsQuery query, std::function<void(absl::StatusOr<RowsPage>)> done) override {
    if (pages.empty()) {
      done(MakeError(ErrorCode::kHydrating, "loads"));
      return 0;
    }
    size_t number = query.page_token.empty() ? 0 : std::stoull(query.page_token);
    RowsPage page;
    page.pipeline_uid = "uid";
    page.revision = 3;
    page.epoch = 5;
    page.rows = *ParseBatch(pages[number], kSchema);
    if (number + 1 < pages.size()) page.next_page_token = std::to_string(number + 1);
    done(std::move(page));
    return 0;
  }
  ReadId ReadDeadLetters(DeadLettersQuery, std::function<void(absl::StatusOr<DeadLettersPage>)>) override { return 0; }
  ReadId ReadErrors(std::string, std::function<void(absl::StatusOr<std::vector<v1::ExpressionError>>)>) override {
    return 0;
  }
  void Cancel(ReadId) override {}

  std::vector<std::string> pages;  // at epoch 5
};

class TextEncoder : public ChangeEncoder {
 public:
  std::string_view name() const override { return "text"; }
  std::string Part(const ChangePart& part, std::string_view token) const override {
    std::string text = StrCat(part.epoch, part.snapshot ? " snapshot" : "", part.partial ? " in part" : "",
                              token.empty() != part.partial ? " BAD TOKEN" : "", ":");
    for (const DeltaBatch& rows : part.rows) {
      for (uint32_t row = 0; row < rows.size(); ++row) {
        text += StrCat(" ", rows.WeightAt(row), "x", rows.column(ColumnIndex(0)).values<int64_t>()[row]);
      }
    }
    return text + "; ";
  }
  std::string Progress(uint64_t epoch, std::string_view) const override { return StrCat("at ", epoch, "; "); }
  std::string Waiting(std::string_view state) const override { return StrCat("waits ", state, "; "); }
  std::string End(const absl::Status& why, std::string_view token) const override {
    std::string at = token.empty() ? "nowhere" : StrCat(DecodeChangeToken(token, 7)->epoch);
    return why.ok() ? "END" : StrCat("ERROR ", InfoOf(CodeOf(why)).name, " at ", at);
  }
};

class TestSink : public ChangeSink {
 public:
  void Begin(uint64_t epoch, uint64_t) override { text += StrCat("begins at ", epoch, "; "); }
  void Refuse(const absl::Status& status) override { text += StrCat("REFUSED ", InfoOf(CodeOf(status)).name); }
  void Send(std::shared_ptr<const std::string> bytes, std::function<void(bool)> taken) override {
    EXPECT_EQ(waiting, nullptr) << "two at a time";
    text += *bytes;
    last = bytes;
    if (reads) return taken(true);
    waiting = std::move(taken);
  }
  void Finish() override { text += " finished"; }
  void Take() {
    if (waiting != nullptr) std::exchange(waiting, nullptr)(true);
  }

  bool reads = true;
  std::string text;
  std::shared_ptr<const std::string> last;
  std::function<void(bool)> waiting;
};

class ChangeHubTest : public testing::Test {
 protected:
  ChangeHubTest() {
    settings_ = DefaultSettings();
    environment_.io = &io_;
    environment_.settings = &settings_;
    environment_.clock = &clock_;
    environment_.reader = &reader_;
    environment_.ask = [this](const std::string&, Group::Read read, auto done) {
      group_.Answer(read, std::move(done));
    };
    environment_.is_wanted = [](const std::string&) { return false; };
    environment_.seed = 7;
    environment_.count_encoding = [this] { ++encodings_; };
    environment_.count_sent_bytes = [](uint64_t) {};
    environment_.count_cut_off = [this] { ++cut_off_; };
    hub_ = std::make_shared<ChangeHub>(environment_, FollowedView{"uid", "p", "v", 3, 0, 1, kSchema, {}},
                                       [this](uint64_t) { ++forgotten_; });
  }

  std::shared_ptr<TestSink> Add(ChangeSubscriber::Start start, bool reads = true) {
    auto sink = std::make_shared<TestSink>();
    sink->reads = reads;
    start.history = start.by_token ? std::max<uint64_t>(start.history, 1) : 0;
    hub_->Add(++last_id_, start, encoder_, sink);
    Run();
    return sink;
  }
  void Commit(uint64_t epoch, const std::string& rows) {
    group_.Commit(epoch, rows);
    hub_->Poke();
    Run();
  }
  void Run() {
    io_.restart();
    io_.poll();
  }
  void Tick(int64_t micros) {
    clock_.Advance(micros);
    hub_->Tick();
    Run();
  }

  static constexpr auto kNow = ChangesQuery::From::kNow;
  static constexpr auto kEpoch = ChangesQuery::From::kEpoch;
  static constexpr auto kSnapshot = ChangesQuery::From::kSnapshot;

  boost::asio::io_context io_;
  ManualClock clock_;
  Settings settings_;
  FakeReader reader_;
  FakeGroup group_;
  ChangeEnvironment environment_;
  std::shared_ptr<TextEncoder> encoder_ = std::make_shared<TextEncoder>();
  std::shared_ptr<ChangeHub> hub_;
  uint64_t last_id_ = 0;
  int encodings_ = 0, cut_off_ = 0, forgotten_ = 0;
};

TEST_F(ChangeHubTest, FollowsFromNowFromAnEpochAndFromTheRowsAtAnEpoch) {
  reader_.pages = {"+1 | 1", "+1 | 2"};
  group_.Commit(5, "+1 | 2");
  group_.Commit(6, "+1 | 3");
  auto now = Add({kNow});
  auto epoch = Add({kEpoch, 5});
  auto snapshot = Add({kSnapshot});
  Commit(7, "");
  Commit(8, "-1 | 1");
  EXPECT_EQ(now->text, "begins at 6; at 6; 8: -1x1; ");
  EXPECT_EQ(epoch->text, "begins at 5; 6: 1x3; 8: -1x1; ");
  EXPECT_EQ(snapshot->text, "begins at 5; 5 snapshot in part: 1x1; 5 snapshot: 1x2; 6: 1x3; 8: -1x1; ");
  EXPECT_EQ(encodings_, 2) << "epochs 6 and 8, once each";
}

TEST_F(ChangeHubTest, AThousandSubscribersCostOneEncodingAndOnePullOfAnEpoch) {
  group_.Commit(5, "+1 | 2");
  std::vector<std::shared_ptr<TestSink>> sinks;
  for (int i = 0; i < 1000; ++i) sinks.push_back(Add({kEpoch, 4}));
  EXPECT_EQ(encodings_, 1) << "also of those that come back to the same place";
  int asked = group_.asked;
  for (uint64_t epoch = 6; epoch < 16; ++epoch) Commit(epoch, "+1 | 1\n-1 | 2");
  EXPECT_EQ(encodings_, 11);
  EXPECT_EQ(group_.asked, asked + 10);
  for (const auto& sink : sinks) {
    EXPECT_EQ(sink->text, sinks[0]->text);
    EXPECT_EQ(sink->last, sinks[0]->last) << "the same bytes in the same place";
  }
}

TEST_F(ChangeHubTest, TheSlowOneIsCutOffWithThePlaceToGoOnAndTheOthersAreNot) {
  settings_.http_changes_backlog_bytes = 200;
  group_.Commit(5, "");
  auto fast = Add({kNow});
  auto slow = Add({kNow});
  slow->reads = false;
  std::string expected = "begins at 5; at 5; ";
  for (uint64_t epoch = 6; epoch < 40; ++epoch) {
    Commit(epoch, "+1 | 1");
    expected += StrCat(epoch, ": 1x1; ");
    if (epoch == 8) slow->Take();
    Run();
  }
  EXPECT_EQ(fast->text, expected);
  EXPECT_EQ(cut_off_, 1);
  slow->Take();
  Run();
  EXPECT_EQ(slow->text, "begins at 5; at 5; 6: 1x1; 7: 1x1; ERROR SLOW_CONSUMER at 7");
  slow->Take();
  EXPECT_EQ(slow->text, "begins at 5; at 5; 6: 1x1; 7: 1x1; ERROR SLOW_CONSUMER at 7 finished");
  EXPECT_EQ(hub_->size(), 1u);
  auto again = Add({kEpoch, 7, true});
  Commit(40, "+1 | 9");
  EXPECT_EQ(again->text, "begins at 7; " + expected.substr(expected.find("8: ")) + "40: 1x9; ");
}

TEST_F(ChangeHubTest, WhoReadsAtAllIsNotCutOffByAPileOfOldChanges) {
  settings_.http_changes_backlog_bytes = 200;
  group_.epochs_per_answer = 3;
  group_.Commit(5, "");
  auto sink = Add({kNow});
  group_.failure = MakeError(ErrorCode::kRecovering, "restarts");
  for (uint64_t epoch = 6; epoch < 300; ++epoch) group_.Commit(epoch, "+1 | 1");
  hub_->Poke();
  Run();
  Tick(16'000'000);
  EXPECT_EQ(sink->text, "begins at 5; at 5; waits RECOVERING; ");
  sink->reads = false;
  group_.failure = absl::OkStatus();
  Tick(1);
  for (int i = 0; i < 1000 && sink->waiting != nullptr; ++i) {
    Tick(9'000'000);  // slower than the timeout would allow, were there nobody who takes anything
    sink->Take();
    Run();
  }
  EXPECT_EQ(cut_off_, 0);
  EXPECT_NE(sink->text.find("299: 1x1; "), std::string::npos);
}

TEST_F(ChangeHubTest, WhoNeverReadsIsCutOffAfterATimeAlsoWhenAlone) {
  settings_.http_changes_backlog_bytes = 200;
  group_.Commit(5, "");
  auto sink = Add({kNow});
  sink->reads = false;
  for (uint64_t epoch = 6; epoch < 60; ++epoch) Commit(epoch, "+1 | 1");
  EXPECT_LT(hub_->backlog_bytes(), 200u);
  EXPECT_EQ(cut_off_, 0);
  Tick(5'000'000);
  EXPECT_EQ(cut_off_, 0);
  Tick(5'000'001);
  EXPECT_EQ(cut_off_, 1);
  sink->Take();
  Run();
  EXPECT_NE(sink->text.find("ERROR SLOW_CONSUMER at 6"), std::string::npos) << sink->text;
}

TEST_F(ChangeHubTest, TellsProgressAndSignsOfLife) {
  group_.Commit(5, "");
  auto sink = Add({kNow});
  Commit(6, "");
  Tick(500'000);
  EXPECT_EQ(sink->text, "begins at 5; at 5; ");
  Tick(600'000);
  EXPECT_EQ(sink->text, "begins at 5; at 5; at 6; ");
  Tick(5'000'000);
  EXPECT_EQ(sink->text, "begins at 5; at 5; at 6; ") << "nothing new";
  Tick(11'000'000);
  EXPECT_EQ(sink->text, "begins at 5; at 5; at 6; at 6; ");
}

TEST_F(ChangeHubTest, WaitsForTheLoadAndForARestart) {
  group_.failure = MakeError(ErrorCode::kHydrating, "loads");
  auto now = Add({kNow});
  auto snapshot = Add({kSnapshot});
  EXPECT_EQ(now->text, "begins at 0; waits HYDRATING; ");
  group_.failure = absl::OkStatus();
  group_.Commit(5, "");
  reader_.pages = {"+1 | 4"};
  hub_->Poke();
  Run();
  EXPECT_EQ(now->text, "begins at 0; waits HYDRATING; at 5; ");
  EXPECT_EQ(snapshot->text, "begins at 0; waits HYDRATING; 5 snapshot: 1x4; ");
  group_.failure = MakeError(ErrorCode::kUnavailable, "a shard died");
  Commit(6, "+1 | 1");
  group_.failure = absl::OkStatus();
  Commit(7, "+1 | 2");
  EXPECT_EQ(now->text, "begins at 0; waits HYDRATING; at 5; 6: 1x1; 7: 1x2; ");
}

TEST_F(ChangeHubTest, EndsAndSaysWhy) {
  group_.Commit(5, "");
  group_.oldest = 4;
  EXPECT_EQ(Add({kEpoch, 3})->text, "REFUSED EPOCH_GONE");
  auto sink = Add({kNow});
  group_.oldest = 9;
  Commit(9, "+1 | 1");
  EXPECT_EQ(sink->text, "begins at 5; at 5; ERROR EPOCH_GONE at nowhere finished");
  group_.failure = MakeError(ErrorCode::kNotRunning, "stopped");
  EXPECT_EQ(Add({kNow})->text, "REFUSED NOT_RUNNING");
  group_.failure = absl::OkStatus();
  auto stopped = Add({kNow});
  hub_->EndAll(MakeError(ErrorCode::kUnavailable, "stops"));
  Run();
  EXPECT_EQ(stopped->text, "begins at 9; at 9; ERROR UNAVAILABLE at 9 finished");
  auto last = Add({kEpoch, 9});
  group_.finished = true;
  Commit(10, "+1 | 1");
  EXPECT_EQ(last->text, "begins at 9; at 9; 10: 1x1; END finished");
  EXPECT_EQ(Add({kEpoch, 9})->text, "begins at 9; 10: 1x1; END finished");
  EXPECT_TRUE(hub_->empty());
  EXPECT_EQ(forgotten_, 6);
}

TEST_F(ChangeHubTest, AnotherHistoryEndsStreamsAndIsNotGoneOnWith) {
  group_.Commit(5, "");
  auto sink = Add({kNow});
  group_.history = 2;
  Commit(6, "+1 | 1");
  EXPECT_EQ(sink->text, "begins at 5; at 5; ERROR EPOCH_GONE at nowhere finished");
  EXPECT_EQ(Add({kEpoch, 5, true, 1})->text, "REFUSED EPOCH_GONE");
  EXPECT_EQ(Add({kEpoch, 5, true, 2})->text, "begins at 5; 6: 1x1; ");
}

TEST_F(ChangeHubTest, ForgetsAReaderThatIsGone) {
  group_.Commit(5, "");
  auto sink = Add({kNow}, /*reads=*/false);
  Run();
  sink->waiting(false);
  Run();
  EXPECT_TRUE(hub_->empty());
  Add({kNow});
  hub_->Remove(last_id_);
  Run();
  EXPECT_TRUE(hub_->empty());
  int asked = group_.asked;
  Commit(6, "+1 | 1");
  EXPECT_EQ(group_.asked, asked) << "nobody listens";
}

TEST(ChangeToken, IsTakenBackAndNothingElse) {
  ChangeToken token{"uid", "view", 2, 77};
  std::string text = EncodeChangeToken(token, 5);
  EXPECT_EQ(*DecodeChangeToken(text, 5), token);
  EXPECT_EQ(CodeOf(DecodeChangeToken(text, 6).status()), ErrorCode::kInvalidToken);
  EXPECT_EQ(CodeOf(DecodeChangeToken("77", 5).status()), ErrorCode::kInvalidToken);
  text[3] = text[3] == 'A' ? 'B' : 'A';
  EXPECT_EQ(CodeOf(DecodeChangeToken(text, 5).status()), ErrorCode::kInvalidToken);
}

}  // namespace
}  // namespace freshet
