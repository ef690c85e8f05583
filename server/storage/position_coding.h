// The bytes of positions, the same in a pipeline's log and between its shards. What stands in logs is never changed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/runtime/frame.h"
#include "server/transport/byte_coding.h"

namespace freshet {

// Watermarks and event times: by source.
using MaybeTimes = std::vector<std::optional<int64_t>>;

void PutTimes(ByteWriter& out, const MaybeTimes& times);
MaybeTimes GetTimes(ByteReader& in);

void PutPositions(ByteWriter& out, const SourcePositions& sources);
SourcePositions GetPositions(ByteReader& in);

void PutSinkPositions(ByteWriter& out, const SinkPositions& sinks);
SinkPositions GetSinkPositions(ByteReader& in);

}  // namespace freshet
