// Decodes requests of one table into blocks, and says what became of each record.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/connectors/api/block_builder.h"
#include "server/connectors/api/decoded_block.h"
#include "server/connectors/ingest/ingest_feed.h"

namespace freshet {

// The partition that all requests of a pipeline are in.
inline constexpr std::string_view kIngestPartition = "log";

// Not thread-safe.
class IngestDecoder {
 public:
  // Error: a definition that did not pass validation.
  static absl::StatusOr<std::unique_ptr<IngestDecoder>> Make(const v1::PhysicalSource& source);

  // At least one block; they stand for the request together (DecodedBlock::more). `records`: before this request.
  struct Decoded {
    std::vector<DecodedBlock> blocks;
    IngestOutcome outcome;
    int64_t records = 0;  // of the request
  };
  Decoded Decode(const IngestRequest& request, int64_t records);

 private:
  struct Run;

  IngestDecoder(std::unique_ptr<BlockBuilder> json, std::unique_ptr<BlockBuilder> csv);

  void DecodeLines(BlockBuilder& builder, Run& run);
  void DecodeElements(Run& run);
  void Flush(BlockBuilder& builder, Run& run);

  const std::unique_ptr<BlockBuilder> json_;
  const std::unique_ptr<BlockBuilder> csv_;
};

}  // namespace freshet
