#include "server/shard/ingest/ingest_desk.h"

#include <algorithm>
#include <utility>

#include "engine/base/key_hash.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/shard/ingest/ingest_format_names.h"
#include "server/storage/failpoint.h"

namespace freshet {
namespace {

constexpr uint64_t kFingerprintSeed = 0x1D3;

uint64_t Fingerprint(const RequestRecord& record) {
  uint64_t hash = HashBytes(record.table_uid.data(), record.table_uid.size(), kFingerprintSeed);
  hash = HashBytes(record.format.data(), record.format.size(), hash);
  return HashBytes(record.body.data(), record.body.size(), hash);
}

std::optional<IngestFormat> FormatOf(v1::IngestFormat format) {
  switch (format) {
    case v1::NDJSON:
      return IngestFormat::kNdjson;
    case v1::JSON_ARRAY:
      return IngestFormat::kJson;
    case v1::CSV_HEADER:
      return IngestFormat::kCsv;
    default:  // of a newer server, or none
      return std::nullopt;
  }
}

}  // namespace

IngestDesk::IngestDesk(Options options, PipelineLog* log, const Clock* clock, std::vector<Table> tables,
                       Handlers handlers)
    : options_(options),
      log_(log),
      clock_(clock),
      tables_(std::move(tables)),
      handlers_(std::move(handlers)),
      loaded_(options.log_end == 0),
      log_read_(LogIsRead()) {}

bool IngestDesk::LogIsRead() const {
  if (options_.log_end == 0) return true;
  return std::all_of(tables_.begin(), tables_.end(), [this](const Table& table) {
    auto read = read_.find(table.uid);
    return read != read_.end() && read->second >= options_.log_end;
  });
}

const IngestDesk::Table* IngestDesk::FindTable(const std::string& name) const {
  auto table = std::find_if(tables_.begin(), tables_.end(), [&](const Table& each) { return each.name == name; });
  return table == tables_.end() ? nullptr : &*table;
}

// One request is always taken, however large.
bool IngestDesk::HasRoom(uint64_t bytes) const {
  return counts_.pending_bytes == 0 || counts_.pending_bytes + bytes <= options_.pending_bytes_max;
}

absl::Status IngestDesk::CheckTaking(uint64_t bytes) const {
  if (!loaded_) {
    return MakeError(ErrorCode::kRecovering, "the pipeline reads its log; rows are taken when it has caught up");
  }
  if (!log_failure_.ok()) return log_failure_;
  if (!log_read_ || !HasRoom(bytes)) {
    return MakeError(ErrorCode::kTooManyRequests,
                     fmt::format("{} bytes of requests wait to become visible already (setting ingest.pending_bytes)",
                                 counts_.pending_bytes));
  }
  return absl::OkStatus();
}

void IngestDesk::Submit(v1::IngestCall call) {
  const uint64_t id = call.id();
  const Table* table = FindTable(call.table());
  if (table == nullptr) {
    return AnswerError(id, MakeError(ErrorCode::kUnknownTable,
                                     StrCat("no table \"", call.table(), "\" of the pipeline is filled over HTTP")));
  }
  std::optional<IngestFormat> format = FormatOf(call.format());
  if (!format) return AnswerError(id, MakeError(ErrorCode::kUnsupportedMediaType, "the request has no known format"));

  std::unique_lock lock(mutex_);
  if (loaded_ && !log_read_ && HasRoom(call.body().size())) {
    counts_.pending_bytes += call.body().size();
    held_.push_back(std::move(call));
    return;
  }
  lock.unlock();
  RequestRecord record;
  record.table_uid = table->uid;
  record.format = IngestFormatName(*format);
  record.idempotency_key = std::move(*call.mutable_idempotency_key());
  record.body = std::move(*call.mutable_body());
  const uint64_t fingerprint = Fingerprint(record);
  const Waiter waiter{id, call.wait_visible()};
  lock.lock();
  auto known = record.idempotency_key.empty() ? keys_.end() : keys_.find(record.idempotency_key);
  if (loaded_ && log_read_ && known != keys_.end()) {
    if (known->second->fingerprint != fingerprint) {
      return AnswerError(
          id, MakeError(ErrorCode::kIdempotencyConflict, StrCat("the Idempotency-Key ", record.idempotency_key,
                                                                " was used for another request; take a new one")));
    }
    ++counts_.repeated;
    known->second->waiters.push_back(waiter);
    return AnswerDue(*known->second);
  }
  absl::Status taking = CheckTaking(record.body.size());
  if (!taking.ok()) {
    if (CodeOf(taking) == ErrorCode::kTooManyRequests) ++counts_.refused;
    return AnswerError(id, taking);
  }
  last_receipt_micros_ = std::max(last_receipt_micros_, clock_->UnixMicros());
  record.received_micros = last_receipt_micros_;
  auto request = std::make_shared<Request>();
  request->table_uid = table->uid;
  request->fingerprint = fingerprint;
  request->bytes = record.body.size();
  request->waiters.push_back(waiter);
  std::string key = record.idempotency_key;
  request->span = log_->Append(std::move(record));
  HitFailpoint(Failpoint::kIngestAppended);
  ++counts_.requests;
  counts_.pending_bytes += request->bytes;
  AddPending(request);
  if (!key.empty()) Remember(key, std::move(request));
  handlers_.write();
}

void IngestDesk::AddPending(const RequestRef& request) {
  undecoded_[request->span.begin.value()] = request;
  invisible_[request->table_uid].push_back(request);
}

void IngestDesk::Remember(const std::string& key, RequestRef request) {
  if (!keys_.emplace(key, std::move(request)).second) return;
  key_order_.push_back(key);
  while (key_order_.size() > options_.keys_max) {
    keys_.erase(key_order_.front());
    key_order_.pop_front();
  }
}

void IngestDesk::SetLoaded() {
  std::lock_guard lock(mutex_);
  loaded_ = true;
}

void IngestDesk::OnRead(const std::string& table_uid, uint64_t position) {
  std::vector<v1::IngestCall> held;
  {
    std::lock_guard lock(mutex_);
    if (log_read_) return;
    uint64_t& read = read_[table_uid];
    read = std::max(read, position);
    log_read_ = LogIsRead();
    if (!log_read_) return;
    held = std::exchange(held_, {});
    for (const v1::IngestCall& call : held) counts_.pending_bytes -= call.body().size();
  }
  for (v1::IngestCall& call : held) Submit(std::move(call));
}

void IngestDesk::SetLogFailure(absl::Status status) {
  std::lock_guard lock(mutex_);
  log_failure_ = std::move(status);
}

void IngestDesk::OnFound(const RequestRecord& record, LogSpan span) {
  std::lock_guard lock(mutex_);
  last_receipt_micros_ = std::max(last_receipt_micros_, record.received_micros);
  if (undecoded_.contains(span.begin.value())) return;  // it came to this desk
  auto request = std::make_shared<Request>();
  request->span = span;
  request->table_uid = record.table_uid;
  request->fingerprint = Fingerprint(record);
  AddPending(request);
  if (!record.idempotency_key.empty()) Remember(record.idempotency_key, std::move(request));
}

void IngestDesk::OnDecoded(uint64_t position, IngestOutcome outcome) {
  std::lock_guard lock(mutex_);
  auto found = undecoded_.find(position);
  if (found == undecoded_.end()) return;
  RequestRef request = std::move(found->second);
  undecoded_.erase(found);
  request->outcome = std::move(outcome);
  AnswerDue(*request);
}

void IngestDesk::OnTaken(const std::string& table_uid, uint64_t position, Epoch epoch) {
  std::lock_guard lock(mutex_);
  taken_.push_back({epoch, table_uid, position});
}

std::vector<v1::IngestPosition> IngestDesk::OnCommitted(Epoch epoch) {
  std::lock_guard lock(mutex_);
  std::vector<v1::IngestPosition> moved;
  while (!taken_.empty() && taken_.front().epoch <= epoch) {
    v1::IngestPosition& each = moved.emplace_back();
    each.set_table_uid(taken_.front().table_uid);
    each.set_position(taken_.front().position);
    visible_[taken_.front().table_uid] = taken_.front().position;
    taken_.pop_front();
  }
  return moved;
}

void IngestDesk::AnswerVisible() {
  std::lock_guard lock(mutex_);
  for (const auto& [table, position] : visible_) {
    std::deque<RequestRef>& waiting = invisible_[table];
    for (; !waiting.empty() && waiting.front()->span.end.value() <= position; waiting.pop_front()) {
      Request& request = *waiting.front();
      request.visible = true;
      counts_.pending_bytes -= request.bytes;
      AnswerDue(request);
    }
  }
}

void IngestDesk::AnswerDue(Request& request) {
  if (!request.outcome) return;
  std::erase_if(request.waiters, [&](const Waiter& waiter) {
    if (waiter.visible && !request.visible) return false;
    v1::IngestAnswer answer;
    answer.set_id(waiter.id);
    answer.set_accepted(request.outcome->accepted);
    answer.set_rejected(request.outcome->rejected);
    for (const IngestError& error : request.outcome->errors) {
      v1::IngestRecordError* each = answer.add_errors();
      each->set_line(error.line);
      each->set_column(error.column);
      each->set_code(std::string(InfoOf(error.code).name));
      each->set_message(error.message);
    }
    answer.set_table_uid(request.table_uid);
    answer.set_position(request.span.end.value());
    HitFailpoint(Failpoint::kIngestBeforeAnswer);
    handlers_.answer(answer);
    return true;
  });
}

void IngestDesk::AnswerError(uint64_t id, const absl::Status& status) {
  v1::IngestAnswer answer;
  answer.set_id(id);
  answer.set_error_code(std::string(InfoOf(CodeOf(status)).name));
  answer.set_error_message(std::string(status.message()));
  handlers_.answer(answer);
}

IngestDesk::Counts IngestDesk::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace freshet
