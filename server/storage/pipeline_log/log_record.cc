#include "server/storage/pipeline_log/log_record.h"

#include "engine/base/check.h"
#include "fmt/format.h"
#include "server/storage/position_coding.h"
#include "server/transport/byte_coding.h"

namespace freshet {
namespace {

// A payload begins with the version of its kind's layout, so that fields can be added.
constexpr uint8_t kLayout = 2;

void Put(ByteWriter& out, const GenerationRecord& record) { out.Number(record.generation.value()); }

void Put(ByteWriter& out, const RevisionRecord& record) {
  out.Number(record.revision);
  out.Number(record.history);
}

void Put(ByteWriter& out, const HistoryRecord& record) {
  out.Number(record.history);
  out.Text(record.reason);
  out.Number(record.first_epoch.value());
  out.Number(record.differences);
}

void Put(ByteWriter& out, const RequestRecord& record) {
  out.Text(record.table_uid);
  out.Text(record.format);
  out.Number(record.schema_version);
  out.Text(record.idempotency_key);
  out.Number(record.received_micros);
  out.Text(record.body);
}

void Put(ByteWriter& out, const CutRecord& record) {
  out.Number(record.epoch.value());
  out.Number(record.clock_micros);
  out.Flag(record.load);
  out.Flag(record.loaded);
  PutTimes(out, record.watermarks);
  PutPositions(out, record.positions);
  PutSinkPositions(out, record.sinks);
}

GenerationRecord GetGeneration(ByteReader& in) { return {Generation(in.Number<uint64_t>())}; }

RevisionRecord GetRevision(ByteReader& in) {
  RevisionRecord record;
  record.revision = in.Number<uint64_t>();
  record.history = in.Number<uint64_t>();
  return record;
}

// Layout 1 had the first two fields.
HistoryRecord GetHistory(ByteReader& in, uint8_t layout) {
  HistoryRecord record;
  record.history = in.Number<uint64_t>();
  record.reason = in.Text();
  if (layout < 2) return record;
  record.first_epoch = Epoch(in.Number<uint64_t>());
  record.differences = in.Number<uint64_t>();
  return record;
}

RequestRecord GetRequest(ByteReader& in) {
  RequestRecord record;
  record.table_uid = in.Text();
  record.format = in.Text();
  record.schema_version = in.Number<uint64_t>();
  record.idempotency_key = in.Text();
  record.received_micros = in.Number<int64_t>();
  record.body = in.Text();
  return record;
}

CutRecord GetCut(ByteReader& in) {
  CutRecord record;
  record.epoch = Epoch(in.Number<uint64_t>());
  record.clock_micros = in.Number<int64_t>();
  record.load = in.Flag();
  record.loaded = in.Flag();
  record.watermarks = GetTimes(in);
  record.positions = GetPositions(in);
  record.sinks = GetSinkPositions(in);
  return record;
}

}  // namespace

LogRecordKind KindOf(const LogRecord& record) {
  static constexpr LogRecordKind kKinds[] = {LogRecordKind::kGeneration, LogRecordKind::kRevision,
                                             LogRecordKind::kRequest, LogRecordKind::kCut, LogRecordKind::kHistory};
  static_assert(std::variant_size_v<LogRecord> == std::size(kKinds));
  return kKinds[record.index()];
}

void EncodeLogRecord(const LogRecord& record, std::string* out) {
  ByteWriter writer(out);
  writer.Number(kLayout);
  std::visit([&](const auto& each) { Put(writer, each); }, record);
}

absl::StatusOr<LogRecord> DecodeLogRecord(LogRecordKind kind, std::string_view payload) {
  ByteReader in(payload);
  auto layout = in.Number<uint8_t>();
  if (in.ok() && layout > kLayout) {
    return absl::UnimplementedError(fmt::format("a record of kind {} has layout {}; this release knows {}",
                                                static_cast<int>(kind), layout, kLayout));
  }
  LogRecord record;
  switch (kind) {
    case LogRecordKind::kGeneration:
      record = GetGeneration(in);
      break;
    case LogRecordKind::kRevision:
      record = GetRevision(in);
      break;
    case LogRecordKind::kRequest:
      record = GetRequest(in);
      break;
    case LogRecordKind::kCut:
      record = GetCut(in);
      break;
    case LogRecordKind::kHistory:
      record = GetHistory(in, layout);
      break;
  }
  if (!in.done()) return absl::DataLossError(fmt::format("a record of kind {} cannot be read", static_cast<int>(kind)));
  return record;
}

}  // namespace freshet
