#include "server/connectors/ingest/ingest_decoder.h"

#include <string>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace freshet {
namespace {

// A table clicks(page text not null, n bigint), read over HTTP.
v1::PhysicalSource Clicks() {
  v1::PhysicalSource source;
  bool read = google::protobuf::TextFormat::ParseFromString(R"pb(
                                                              table: "clicks"
                                                              source: "clicks/0"
                                                              table_uid: "clicks@1"
                                                              declaration {
                                                                name: "clicks"
                                                                columns {
                                                                  name: "page"
                                                                  type { kind: TEXT }
                                                                  not_null: true
                                                                }
                                                                columns {
                                                                  name: "n"
                                                                  type { kind: BIGINT }
                                                                }
                                                              }
                                                              binding { connector: "http" }
                                                              columns: 0
                                                              columns: 1
                                                            )pb",
                                                            &source);
  EXPECT_TRUE(read);
  return source;
}

class IngestDecoderTest : public testing::Test {
 protected:
  void SetUp() override {
    auto decoder = IngestDecoder::Make(Clicks());
    ASSERT_TRUE(decoder.ok()) << decoder.status();
    decoder_ = *std::move(decoder);
  }

  IngestDecoder::Decoded Decode(IngestFormat format, std::string body) {
    IngestRequest request;
    request.position = 1000;
    request.next = 1000 + body.size() + 50;
    request.receipt_micros = 5;
    request.format = format;
    request.body = std::move(body);
    return decoder_->Decode(request, /*records=*/7);
  }
  static uint64_t Rows(const IngestDecoder::Decoded& decoded) {
    uint64_t rows = 0;
    for (const DecodedBlock& block : decoded.blocks) rows += block.batch.size();
    return rows;
  }

  std::unique_ptr<IngestDecoder> decoder_;
};

TEST_F(IngestDecoderTest, PositionsStandBehindTheRequest) {
  auto decoded = Decode(IngestFormat::kNdjson, "{\"page\": \"a\", \"n\": 1}\n{\"page\": \"b\"}\n");
  ASSERT_EQ(decoded.blocks.size(), 1u);
  EXPECT_EQ(Rows(decoded), 2u);
  EXPECT_EQ(decoded.blocks[0].partition, "log");
  EXPECT_EQ(decoded.blocks[0].end.offset, 1000 + 36 + 50);
  EXPECT_EQ(decoded.blocks[0].end.records, 9);
  EXPECT_EQ(decoded.outcome.accepted, 2u);
}

TEST_F(IngestDecoderTest, SaysLineAndColumnOfWhatIsWrong) {
  auto decoded = Decode(IngestFormat::kNdjson, "{\"page\": \"a\"}\n{\"page\": \"b\"]\n{\"n\": 1}\n");
  EXPECT_EQ(decoded.outcome.accepted, 1u);
  EXPECT_EQ(decoded.outcome.rejected, 2u);
  ASSERT_EQ(decoded.outcome.errors.size(), 2u);
  EXPECT_EQ(decoded.outcome.errors[0].line, 2);
  EXPECT_EQ(decoded.outcome.errors[0].column, 13);
  EXPECT_EQ(decoded.outcome.errors[0].code, ErrorCode::kMalformedRecord);
  EXPECT_EQ(decoded.outcome.errors[1].line, 3);
  EXPECT_EQ(decoded.outcome.errors[1].code, ErrorCode::kNullViolation);
}

TEST_F(IngestDecoderTest, AnArrayGoesOnBehindABadElement) {
  auto decoded = Decode(IngestFormat::kJson, "[{\"page\": \"a\"},\n {\"page\": 1,},\n {\"page\": \"c\"}]");
  EXPECT_EQ(decoded.outcome.accepted, 2u);
  ASSERT_EQ(decoded.outcome.errors.size(), 1u);
  EXPECT_EQ(decoded.outcome.errors[0].line, 2);
}

TEST_F(IngestDecoderTest, CsvGoesByItsHeader) {
  auto decoded = Decode(IngestFormat::kCsv, "n,page\n1,a\n2,\"b\nc\"\nx,y,z\n");
  EXPECT_EQ(decoded.outcome.accepted, 2u);
  ASSERT_EQ(decoded.outcome.errors.size(), 1u);
  EXPECT_EQ(decoded.outcome.errors[0].line, 5);
  EXPECT_EQ(decoded.outcome.errors[0].code, ErrorCode::kTooManyFields);
}

TEST_F(IngestDecoderTest, NothingIsABlockToo) {
  for (IngestFormat format : {IngestFormat::kNdjson, IngestFormat::kJson, IngestFormat::kCsv}) {
    auto decoded = Decode(format, "\n");
    EXPECT_EQ(decoded.blocks.size(), 1u);
    EXPECT_EQ(Rows(decoded), 0u);
    EXPECT_EQ(decoded.outcome.rejected, decoded.outcome.errors.size());
  }
}

TEST_F(IngestDecoderTest, ALargeRequestIsBlocksThatBelongTogether) {
  std::string body;
  for (int i = 0; i < 10'000; ++i) body += "{\"page\": \"p\", \"n\": 1}\n";
  auto decoded = Decode(IngestFormat::kNdjson, body);
  ASSERT_GT(decoded.blocks.size(), 1u);
  for (size_t i = 0; i < decoded.blocks.size(); ++i) {
    EXPECT_EQ(decoded.blocks[i].more, i + 1 < decoded.blocks.size());
    EXPECT_EQ(decoded.blocks[i].end.offset, static_cast<int64_t>(1000 + body.size() + 50));
  }
  EXPECT_EQ(Rows(decoded), 10'000u);
}

}  // namespace
}  // namespace freshet
