#include "server/http/api/change_encoding.h"

#include <gtest/gtest.h>

#include "engine/columnar/text_form.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

const Schema kSchema = {{"k", {TypeKind::kBigint}}, {"v", {TypeKind::kText}}};

class ChangeEncodingTest : public testing::Test {
 protected:
  static std::string Part(const ChangeEncoder& encoder, std::vector<std::string> batches, std::string_view token,
                          bool snapshot = false) {
    std::vector<DeltaBatch> rows;
    for (const std::string& batch : batches) rows.push_back(*ParseBatch(batch, kSchema));
    const KeyColumns key = {ColumnIndex(0)};
    return encoder.Part(
        {.schema = kSchema, .key = key, .epoch = 7, .snapshot = snapshot, .partial = token.empty(), .rows = rows},
        token);
  }
  static std::shared_ptr<const ChangeEncoder> Make(ChangesFormat format,
                                                   ChangesEnvelope envelope = ChangesEnvelope::kChanges) {
    return MakeChangeEncoder(format, envelope, {});
  }
};

TEST_F(ChangeEncodingTest, AnEpochIsOneEventOrOneLine) {
  auto sse = Make(ChangesFormat::kSse), ndjson = Make(ChangesFormat::kNdjson);
  const std::string body =
      R"("epoch":7,"changes":[{"weight":-1,"row":{"k":1,"v":"a"}},{"weight":2,"row":{"k":2,"v":null}}])";
  EXPECT_EQ(Part(*sse, {"-1 | 1 | a", "+2 | 2 | NULL"}, "T"), "id: T\ndata: {" + body + "}\n\n");
  EXPECT_EQ(Part(*ndjson, {"-1 | 1 | a", "+2 | 2 | NULL"}, "T"), R"({"id":"T",)" + body + "}\n");
  EXPECT_EQ(Part(*ndjson, {"+1 | 1 | 'line\nbreak'"}, "", true),
            R"({"epoch":7,"snapshot":true,"partial":true,"changes":[{"weight":1,"row":{"k":1,"v":"line\nbreak"}}]})"
            "\n");
}

TEST_F(ChangeEncodingTest, ErrorCellsAreNullAndNamed) {
  EXPECT_EQ(Part(*Make(ChangesFormat::kNdjson), {"+1 | 1 | ERROR(DIVISION_BY_ZERO)"}, "T"),
            R"({"id":"T","epoch":7,"changes":[{"weight":1,"row":{"k":1,"v":null},"errors":{"v":"DIVISION_BY_ZERO"}}]})"
            "\n");
}

TEST_F(ChangeEncodingTest, UpsertsAreTheLastRowOfEachKey) {
  auto upsert = Make(ChangesFormat::kNdjson, ChangesEnvelope::kUpsert);
  EXPECT_EQ(Part(*upsert, {"-1 | 1 | a\n-1 | 2 | b", "+1 | 1 | c\n+1 | 3 | d"}, "T"),
            R"({"id":"T","epoch":7,"changes":[{"key":{"k":1},"row":{"k":1,"v":"c"}},{"key":{"k":2},"row":null},)"
            R"({"key":{"k":3},"row":{"k":3,"v":"d"}}]})"
            "\n");
  EXPECT_NE(upsert->name(), Make(ChangesFormat::kNdjson)->name()) << "other bytes, another name";
  EXPECT_NE(Make(ChangesFormat::kSse)->name(), Make(ChangesFormat::kNdjson)->name());
}

TEST_F(ChangeEncodingTest, WhatStandsBetweenAndAfterEpochs) {
  auto sse = Make(ChangesFormat::kSse), ndjson = Make(ChangesFormat::kNdjson);
  EXPECT_EQ(sse->Progress(9, "T"), "event: progress\nid: T\ndata: {\"epoch\":9}\n\n");
  EXPECT_EQ(ndjson->Progress(9, "T"), "{\"id\":\"T\",\"progress\":{\"epoch\":9}}\n");
  EXPECT_EQ(sse->Waiting("HYDRATING"), ": HYDRATING\n\n");
  EXPECT_EQ(ndjson->Waiting("HYDRATING"), "{\"progress\":{\"waiting\":\"HYDRATING\"}}\n");
  EXPECT_EQ(sse->End(absl::OkStatus(), ""), "event: end\ndata: {}\n\n");
  EXPECT_EQ(ndjson->End(absl::OkStatus(), ""), "{\"end\":{}}\n");
  std::string slow = ndjson->End(MakeError(ErrorCode::kSlowConsumer, "slow"), "T");
  EXPECT_EQ(slow.substr(0, 9), "{\"error\":");
  EXPECT_NE(slow.find("\"code\":\"SLOW_CONSUMER\""), std::string::npos) << slow;
  EXPECT_NE(slow.find(",\"resume\":\"T\"}}\n"), std::string::npos) << slow;
  std::string gone = sse->End(MakeError(ErrorCode::kEpochGone, "gone"), "");
  EXPECT_EQ(gone.substr(0, 28), "event: must-refetch\ndata: {\"");
  EXPECT_EQ(sse->End(MakeError(ErrorCode::kUnavailable, "stops"), "T").substr(0, 15), "event: problem\n");
}

}  // namespace
}  // namespace freshet
