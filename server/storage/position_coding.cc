#include "server/storage/position_coding.h"

#include <string>
#include <utility>

namespace freshet {
namespace {

// What a list, a source partition and a sink partition take at least: no count of more is believed.
constexpr uint32_t kListBytes = 4;
constexpr uint32_t kPositionBytes = 32;
constexpr uint32_t kSinkPositionBytes = 20;

}  // namespace

void PutTimes(ByteWriter& out, const MaybeTimes& times) {
  out.Number(static_cast<uint32_t>(times.size()));
  for (const auto& time : times) out.Maybe(time);
}

MaybeTimes GetTimes(ByteReader& in) {
  MaybeTimes times(in.Count(1));
  for (auto& time : times) time = in.Maybe<int64_t>();
  return times;
}

void PutPositions(ByteWriter& out, const SourcePositions& sources) {
  out.Number(static_cast<uint32_t>(sources.size()));
  for (const Positions& positions : sources) {
    out.Number(static_cast<uint32_t>(positions.size()));
    for (const auto& [partition, position] : positions) {
      out.Text(partition);
      out.Number(position.offset);
      out.Number(position.records);
      out.Number(position.checksum);
      out.Text(position.detail);
    }
  }
}

SourcePositions GetPositions(ByteReader& in) {
  SourcePositions sources(in.Count(kListBytes));
  for (Positions& positions : sources) {
    for (uint32_t left = in.Count(kPositionBytes); left > 0 && in.ok(); --left) {
      std::string partition(in.Text());
      Position position;
      position.offset = in.Number<int64_t>();
      position.records = in.Number<int64_t>();
      position.checksum = in.Number<uint64_t>();
      position.detail = std::string(in.Text());
      positions.emplace_hint(positions.end(), std::move(partition), std::move(position));
    }
  }
  return sources;
}

void PutSinkPositions(ByteWriter& out, const SinkPositions& sinks) {
  out.Number(static_cast<uint32_t>(sinks.size()));
  for (const SinkPartitions& partitions : sinks) {
    out.Number(static_cast<uint32_t>(partitions.size()));
    for (const auto& [partition, position] : partitions) {
      out.Text(partition);
      out.Number(position.done.value());
      out.Number(position.offset);
    }
  }
}

SinkPositions GetSinkPositions(ByteReader& in) {
  SinkPositions sinks(in.Count(kListBytes));
  for (SinkPartitions& partitions : sinks) {
    for (uint32_t left = in.Count(kSinkPositionBytes); left > 0 && in.ok(); --left) {
      std::string partition(in.Text());
      SinkPosition position;
      position.done = Epoch(in.Number<uint64_t>());
      position.offset = in.Number<int64_t>();
      partitions.emplace_hint(partitions.end(), std::move(partition), position);
    }
  }
  return sinks;
}

}  // namespace freshet
