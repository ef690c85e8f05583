#include "server/shard/exchange/frame_codec.h"

#include <span>

#include "engine/base/check.h"
#include "engine/columnar/batch_codec.h"
#include "server/storage/position_coding.h"
#include "server/transport/byte_coding.h"

namespace freshet {
namespace {

// Says what kind of frame follows; the place of each in the variant.
enum class FrameKind : uint8_t { kCut, kTaken, kWaiting, kDone, kCommit, kData, kMarker, kCredit, kSinks };
static_assert(std::variant_size_v<Frame> == 9);

constexpr uint64_t kHelloMagic = 0x31304F4C4C454846;  // "FHELLO01"

void Put(ByteWriter& out, const WaitingInput& waiting) {
  out.Number(waiting.rows);
  out.Number(waiting.bytes);
}

void PutFlags(ByteWriter& out, const std::vector<bool>& flags) {
  out.Number(static_cast<uint32_t>(flags.size()));
  for (bool flag : flags) out.Flag(flag);
}

std::vector<bool> GetFlags(ByteReader& in) {
  std::vector<bool> flags(in.Count(1));
  for (size_t i = 0; i < flags.size(); ++i) flags[i] = in.Flag();
  return flags;
}

WaitingInput GetWaiting(ByteReader& in) {
  WaitingInput waiting;
  waiting.rows = in.Number<uint64_t>();
  waiting.bytes = in.Number<uint64_t>();
  return waiting;
}

// One Write and one Read a frame, side by side.

void Write(ByteWriter& out, const CutFrame& frame) {
  out.Number(frame.epoch.value());
  out.Flag(frame.load);
  out.Flag(frame.checkpoint);
  out.Number(frame.clock_micros);
  PutTimes(out, frame.watermarks);
  out.Flag(frame.until.has_value());
  if (frame.until) PutPositions(out, *frame.until);
  out.Flag(frame.replay_ends);
  PutFlags(out, frame.ended);
  out.Flag(frame.sinks.has_value());
  if (frame.sinks) {
    out.Number(frame.sinks->history.value());
    PutSinkPositions(out, frame.sinks->positions);
  }
}
CutFrame ReadCut(ByteReader& in) {
  CutFrame frame;
  frame.epoch = Epoch(in.Number<uint64_t>());
  frame.load = in.Flag();
  frame.checkpoint = in.Flag();
  frame.clock_micros = in.Number<int64_t>();
  frame.watermarks = GetTimes(in);
  if (in.Flag()) frame.until = GetPositions(in);
  frame.replay_ends = in.Flag();
  frame.ended = GetFlags(in);
  if (in.Flag()) {
    frame.sinks.emplace();
    frame.sinks->history = Epoch(in.Number<uint64_t>());
    frame.sinks->positions = GetSinkPositions(in);
  }
  return frame;
}

void Write(ByteWriter& out, const TakenFrame& frame) {
  out.Number(frame.epoch.value());
  PutPositions(out, frame.positions);
  out.Number(frame.rows);
  out.Flag(frame.loaded);
}
TakenFrame ReadTaken(ByteReader& in) {
  TakenFrame frame;
  frame.epoch = Epoch(in.Number<uint64_t>());
  frame.positions = GetPositions(in);
  frame.rows = in.Number<uint64_t>();
  frame.loaded = in.Flag();
  return frame;
}

void Write(ByteWriter& out, const WaitingFrame& frame) { Put(out, frame.waiting); }

void Write(ByteWriter& out, const DoneFrame& frame) {
  out.Number(frame.epoch.value());
  Put(out, frame.waiting);
  PutTimes(out, frame.event_times);
  PutFlags(out, frame.ended);
  out.Number(frame.run_micros);
  PutSinkPositions(out, frame.sinks);
  out.Flag(frame.sinks_full);
}
DoneFrame ReadDone(ByteReader& in) {
  DoneFrame frame;
  frame.epoch = Epoch(in.Number<uint64_t>());
  frame.waiting = GetWaiting(in);
  frame.event_times = GetTimes(in);
  frame.ended = GetFlags(in);
  frame.run_micros = in.Number<int64_t>();
  frame.sinks = GetSinkPositions(in);
  frame.sinks_full = in.Flag();
  return frame;
}

void Write(ByteWriter& out, const CommitFrame& frame) {
  out.Number(frame.epoch.value());
  out.Flag(frame.load_complete);
  out.Flag(frame.finished);
  out.Flag(frame.replaying);
}
CommitFrame ReadCommit(ByteReader& in) {
  CommitFrame frame;
  frame.epoch = Epoch(in.Number<uint64_t>());
  frame.load_complete = in.Flag();
  frame.finished = in.Flag();
  frame.replaying = in.Flag();
  return frame;
}

void Write(ByteWriter& out, const DataFrame& frame) {
  out.Number(frame.exchange.value());
  out.Number(frame.epoch.value());
  out.Number(frame.iteration);
  out.Number(frame.bytes);
}
absl::StatusOr<Frame> ReadData(ByteReader& in, const std::vector<std::vector<DataType>>& exchange_types) {
  DataFrame frame;
  frame.exchange = ExchangeId(in.Number<uint32_t>());
  frame.epoch = Epoch(in.Number<uint64_t>());
  frame.iteration = in.Number<uint32_t>();
  frame.bytes = in.Number<uint64_t>();
  if (!in.ok() || frame.exchange.value() >= exchange_types.size()) {
    return absl::InvalidArgumentError("a data frame is malformed");
  }
  ASSIGN_OR_RETURN(frame.batch, DecodeBatch(in.rest(), exchange_types[frame.exchange.value()]));
  return frame;
}

void Write(ByteWriter& out, const MarkerFrame& frame) {
  out.Number(frame.epoch.value());
  out.Number(frame.stage.value());
  out.Number(frame.iteration);
  out.Number(static_cast<uint32_t>(frame.rows_sent.size()));
  for (const auto& [exchange, rows] : frame.rows_sent) {
    out.Number(exchange.value());
    out.Number(rows);
  }
  out.Maybe(frame.pending_iteration);
}
MarkerFrame ReadMarker(ByteReader& in) {
  MarkerFrame frame;
  frame.epoch = Epoch(in.Number<uint64_t>());
  frame.stage = StageId(in.Number<uint32_t>());
  frame.iteration = in.Number<uint32_t>();
  frame.rows_sent.resize(in.Count(12));
  for (auto& [exchange, rows] : frame.rows_sent) {
    exchange = ExchangeId(in.Number<uint32_t>());
    rows = in.Number<uint64_t>();
  }
  frame.pending_iteration = in.Maybe<uint32_t>();
  return frame;
}

void Write(ByteWriter& out, const CreditFrame& frame) {
  out.Number(frame.exchange.value());
  out.Number(frame.bytes);
}
CreditFrame ReadCredit(ByteReader& in) {
  CreditFrame frame;
  frame.exchange = ExchangeId(in.Number<uint32_t>());
  frame.bytes = in.Number<uint64_t>();
  return frame;
}

void Write(ByteWriter& out, const SinksFrame& frame) {
  out.Flag(frame.full);
  out.Flag(frame.drained);
}
SinksFrame ReadSinks(ByteReader& in) {
  SinksFrame frame;
  frame.full = in.Flag();
  frame.drained = in.Flag();
  return frame;
}

}  // namespace

std::string EncodeFrame(const Frame& frame) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.Number(static_cast<uint8_t>(frame.index()));
  std::visit([&](const auto& value) { Write(out, value); }, frame);
  if (const auto* data = std::get_if<DataFrame>(&frame)) {
    bytes.reserve(bytes.size() + CodedBytesMax(data->batch));
    EncodeBatch(data->batch, &bytes);
  }
  return bytes;
}

absl::StatusOr<Frame> DecodeFrame(std::string_view bytes, const std::vector<std::vector<DataType>>& exchange_types) {
  ByteReader in(bytes);
  auto kind = in.Number<uint8_t>();
  if (!in.ok() || kind >= std::variant_size_v<Frame>) return absl::InvalidArgumentError("a frame of no known kind");
  Frame frame;
  switch (static_cast<FrameKind>(kind)) {
    case FrameKind::kCut:
      frame = ReadCut(in);
      break;
    case FrameKind::kTaken:
      frame = ReadTaken(in);
      break;
    case FrameKind::kWaiting:
      frame = WaitingFrame{GetWaiting(in)};
      break;
    case FrameKind::kDone:
      frame = ReadDone(in);
      break;
    case FrameKind::kCommit:
      frame = ReadCommit(in);
      break;
    case FrameKind::kData:
      return ReadData(in, exchange_types);
    case FrameKind::kMarker:
      frame = ReadMarker(in);
      break;
    case FrameKind::kCredit:
      frame = ReadCredit(in);
      break;
    case FrameKind::kSinks:
      frame = ReadSinks(in);
      break;
  }
  if (!in.done()) return absl::InvalidArgumentError("a frame is malformed");
  return frame;
}

std::string EncodeHello(const ExchangeHello& hello) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.Number(kHelloMagic);
  out.Text(hello.pipeline_uid);
  out.Number(hello.generation.value());
  out.Number(hello.shard.value());
  return bytes;
}

absl::StatusOr<ExchangeHello> DecodeHello(std::string_view bytes) {
  ByteReader in(bytes);
  bool magic = in.Number<uint64_t>() == kHelloMagic;
  ExchangeHello hello;
  hello.pipeline_uid = std::string(in.Text());
  hello.generation = Generation(in.Number<uint64_t>());
  hello.shard = ShardId(in.Number<uint16_t>());
  if (!magic || !in.done()) return absl::InvalidArgumentError("the first frame of an exchange link is not a hello");
  return hello;
}

}  // namespace freshet
