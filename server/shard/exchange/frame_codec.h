// Codes the frames between shards as bytes. Private to one release: both ends are the same binary.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/columnar/types.h"
#include "engine/runtime/frame.h"

namespace freshet {

std::string EncodeFrame(const Frame& frame);

// `exchange_types`: the columns of each exchange of the circuit. Never reads past `bytes`; what EncodeFrame did not
// write is INVALID_ARGUMENT.
absl::StatusOr<Frame> DecodeFrame(std::string_view bytes, const std::vector<std::vector<DataType>>& exchange_types);

// The first frame of an exchange link.
struct ExchangeHello {
  std::string pipeline_uid;
  Generation generation;
  ShardId shard;

  bool operator==(const ExchangeHello&) const = default;
};
std::string EncodeHello(const ExchangeHello& hello);
absl::StatusOr<ExchangeHello> DecodeHello(std::string_view bytes);

}  // namespace freshet
