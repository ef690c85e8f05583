#include "server/shard/reading/change_reads.h"

#include <gtest/gtest.h>

#include "engine/columnar/batch_codec.h"
#include "engine/columnar/text_form.h"
#include "tests/support/manual_clock.h"

namespace freshet {
namespace {

const Schema kSchema = {{"k", {TypeKind::kBigint}}};
const DataType kTypes[] = {{TypeKind::kBigint}};

class ChangeReadsTest : public testing::Test {
 protected:
  void Epochs(uint64_t epoch, std::string_view rows) {
    ring_.Begin(Epoch(epoch), epoch == 1);
    ring_.Add(*ParseBatch(rows, kSchema));
    ring_.Commit({.epoch = Epoch(epoch), .load_complete = true});
  }

  static v1::ReadRequest Request(uint64_t id, uint64_t after, uint64_t up_to, std::string cursor = "") {
    v1::ReadRequest request;
    request.set_id(id);
    request.mutable_changes()->set_after_epoch(after);
    request.mutable_changes()->set_up_to_epoch(up_to);
    request.mutable_changes()->set_max_bytes(1);  // a piece at a time
    request.mutable_changes()->set_cursor(std::move(cursor));
    return request;
  }

  void Run() {
    for (int steps = 0; steps < 1000 && reads_.Step(); ++steps) {
    }
  }

  static std::string RowsOf(const v1::ReadResponse& response) {
    std::string text;
    for (const v1::EpochChanges& changes : response.changes()) {
      text += std::to_string(changes.epoch()) + ": " + FormatBatch(*DecodeBatch(changes.batch(), kTypes));
    }
    return text;
  }

  ManualClock clock_;
  ChangeRetention retention_{{.bytes_max = 3000}, &clock_};
  ChangeRing ring_{kSchema, &retention_};
  std::vector<v1::ReadResponse> responses_;
  ChangeReads reads_{
      {.generation = 5}, {&ring_, nullptr}, &retention_, &clock_, [this](const v1::ReadResponse& response) {
        responses_.push_back(response);
      }};
};

TEST_F(ChangeReadsTest, WaitsForItsEpochAndGoesOnByItsCursor) {
  Epochs(1, "");
  reads_.Add(Request(1, 1, 3));
  Run();
  EXPECT_TRUE(responses_.empty());
  Epochs(2, "+1 | 7");
  EXPECT_FALSE(reads_.Step()) << "epoch 3 is not committed here";
  Epochs(3, "+1 | 8");
  Run();
  ASSERT_EQ(responses_.size(), 1u);
  EXPECT_EQ(RowsOf(responses_[0]), "2: +1 | 7\n");
  EXPECT_EQ(responses_[0].covered_epoch(), 2u);
  reads_.Add(Request(2, 0, 3, responses_[0].changes_cursor()));
  Run();
  ASSERT_EQ(responses_.size(), 2u);
  EXPECT_EQ(responses_[1].id(), 2u);
  EXPECT_EQ(RowsOf(responses_[1]), "3: +1 | 8\n");
  EXPECT_EQ(responses_[1].covered_epoch(), 3u);
  EXPECT_EQ(responses_[1].changes_cursor(), "");
}

TEST_F(ChangeReadsTest, RefusesWhatIsGoneOrNotItsOwn) {
  Epochs(1, "");
  for (uint64_t epoch = 2; epoch < 100; ++epoch) Epochs(epoch, "+1 | 1");
  reads_.Add(Request(1, 1, 99));
  v1::ReadRequest table = Request(2, 1, 1);
  table.mutable_changes()->set_view(1);
  reads_.Add(table);
  table.mutable_changes()->set_view(2);
  reads_.Add(table);
  reads_.Add(Request(3, 0, 99, "short"));
  reads_.Add(Request(4, 0, 99, std::string(24, '\0')));
  reads_.Add(Request(5, 98, 100));
  reads_.Cancel(5);
  Run();
  Epochs(100, "+1 | 1");
  Run();
  std::vector<std::string> codes;
  for (const v1::ReadResponse& response : responses_) codes.push_back(response.error_code());
  EXPECT_EQ(codes, (std::vector<std::string>{"INVALID_REQUEST", "INVALID_REQUEST", "INVALID_TOKEN", "UNAVAILABLE",
                                             "EPOCH_GONE"}));
}

}  // namespace
}  // namespace freshet
