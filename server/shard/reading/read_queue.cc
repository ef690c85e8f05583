#include "server/shard/reading/read_queue.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/batch_codec.h"
#include "engine/columnar/column_builder.h"
#include "engine/columnar/row_codec.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "server/plan/bound_expression.h"
#include "server/transport/parse_message.h"

namespace freshet {
namespace {

// Rows looked at before the clock is asked again: so many that a step takes about a quarter of a slice.
constexpr uint32_t kRowsPerStepMin = 16;
constexpr uint32_t kRowsPerStepMax = kBatchRows;
constexpr int64_t kStepsPerSlice = 4;

// Keys of a request: the cells of the key columns, row by row.
absl::StatusOr<DeltaBatch> DecodeKeys(const v1::RowsRequest& request, const ViewStore& view) {
  std::vector<ColumnBuilder> builders;
  for (ColumnIndex column : view.key()) builders.emplace_back(view.schema()[column.value()].type);
  for (const std::string& key : request.keys()) {
    std::string_view bytes = key;
    RETURN_IF_ERROR(DecodeRow(&bytes, builders));
    if (!bytes.empty()) return absl::InvalidArgumentError("a key has more columns than the view's key");
  }
  std::vector<Column> columns;
  for (ColumnBuilder& builder : builders) columns.push_back(builder.Finish());
  return DeltaBatch(static_cast<uint32_t>(request.keys_size()), std::move(columns));
}

}  // namespace

ReadQueue::ReadQueue(Options options, Content content, const Clock* clock, Respond respond)
    : options_(options),
      content_(std::move(content)),
      clock_(clock),
      respond_(std::move(respond)),
      held_(options.held, content_.views) {}

void ReadQueue::Add(const v1::ReadRequest& request) {
  switch (request.read_case()) {
    case v1::ReadRequest::kRows: {
      Read read;
      read.id = request.id();
      read.request = request.rows();
      read.epoch = Epoch(request.rows().epoch());
      if (absl::Status status = Begin(read); !status.ok()) {
        RespondError(request.id(), status);
      } else {
        reads_.push_back(std::move(read));
      }
      return;
    }
    case v1::ReadRequest::kDeadLetters:
      RespondDeadLetters(request.id(), request.dead_letters());
      return;
    case v1::ReadRequest::kErrors: {
      v1::ReadResponse response;
      response.set_id(request.id());
      for (v1::ExpressionError& error : content_.errors()) *response.add_errors() = std::move(error);
      respond_(response);
      return;
    }
    case v1::ReadRequest::kChanges:  // ChangeReads answers these
    case v1::ReadRequest::READ_NOT_SET:
      RespondError(request.id(), MakeError(ErrorCode::kInvalidRequest, "a read request asks for nothing"));
      return;
  }
}

void ReadQueue::Cancel(uint64_t id) {
  std::erase_if(reads_, [id](const Read& read) { return read.id == id; });
}

void ReadQueue::OnCommitted() {
  for (size_t i = 0; i < reads_.size();) {
    Read& read = reads_[i];
    if (read.read == nullptr) {
      if (absl::Status status = Begin(read); !status.ok()) {
        RespondError(read.id, status);
        reads_.erase(reads_.begin() + static_cast<ptrdiff_t>(i));
        continue;
      }
    }
    ++i;
  }
}

absl::Status ReadQueue::Begin(Read& read) {
  if (read.request.view() >= content_.views.size()) {
    return MakeError(ErrorCode::kInvalidRequest, "the request names a view that the plan does not have");
  }
  ViewStore& view = *content_.views[read.request.view()];
  // The server has seen the commit of this epoch; here it is on its way.
  if (!view.visible() || read.epoch > view.committed()) return absl::OkStatus();
  if (read.epoch == Epoch()) read.epoch = view.committed();
  auto query = QueryOf(read, view);
  if (!query.ok()) return query.status();
  auto started = ViewRead::Start(view, *std::move(query));
  if (absl::IsOutOfRange(started.status())) {
    return MakeError(ErrorCode::kEpochGone, fmt::format("epoch {} is no longer kept", read.epoch.value()));
  }
  if (!started.ok()) return MakeError(ErrorCode::kInvalidToken, StdView(started.status().message()));
  read.read = *std::move(started);
  if (read.request.pin()) held_.Hold(ViewId(read.request.view()), read.epoch, clock_->MonotonicMicros());
  return absl::OkStatus();
}

absl::StatusOr<ViewRead::Query> ReadQueue::QueryOf(const Read& read, const ViewStore& view) const {
  const v1::RowsRequest& request = read.request;
  ViewRead::Query query;
  query.epoch = read.epoch;
  query.limit = std::max<uint32_t>(1, request.limit());
  query.after = request.after();
  for (const v1::OrderBy& order : request.order()) {
    if (order.column() >= view.schema().size()) {
      return MakeError(ErrorCode::kInvalidRequest, "the request orders by a column that the view does not have");
    }
    query.order.push_back({ColumnIndex(order.column()), order.descending(), order.nulls_first()});
  }
  if (request.keys_size() > 0) {
    auto keys = DecodeKeys(request, view);
    if (!keys.ok()) return MakeError(ErrorCode::kInvalidKey, StdView(keys.status().message()));
    query.keys = *std::move(keys);
  }
  if (!request.where().empty()) {
    v1::BoundExpression where;
    if (!ParseMessage(request.where(), &where)) {
      return MakeError(ErrorCode::kInvalidRequest, "the condition cannot be read");
    }
    ASSIGN_OR_RETURN(Expression expression, ExpressionFromProto(where));
    std::vector<DataType> types;
    for (const Field& field : view.schema()) types.push_back(field.type);
    std::vector<Expression> outputs;
    outputs.push_back(std::move(expression));
    query.where = std::make_unique<Program>(types, std::move(outputs));
  }
  return query;
}

bool ReadQueue::Step() {
  int64_t start = clock_->MonotonicMicros();
  bool worked = held_.Relax(start);
  for (size_t turns = reads_.size(); turns > 0; --turns) {
    if (reads_.front().read != nullptr) {
      worked = true;
      Read& read = reads_.front();
      int64_t before = clock_->MonotonicMicros();
      bool complete = read.read->Step(read.rows_per_step);
      int64_t now = clock_->MonotonicMicros();
      // Rows of one view cost many times what those of another do: a condition, an order, long texts.
      if ((now - before) * kStepsPerSlice > options_.slice_micros) {
        read.rows_per_step = std::max(kRowsPerStepMin, read.rows_per_step / 2);
      } else if ((now - before) * kStepsPerSlice * 2 < options_.slice_micros) {
        read.rows_per_step = std::min(kRowsPerStepMax, read.rows_per_step * 2);
      }
      if (complete) {
        Finish(read);
        reads_.pop_front();
      } else {
        std::rotate(reads_.begin(), reads_.begin() + 1, reads_.end());
      }
      if (clock_->MonotonicMicros() - start >= options_.slice_micros) break;
    } else {
      std::rotate(reads_.begin(), reads_.begin() + 1, reads_.end());
    }
  }
  return worked;
}

void ReadQueue::Finish(Read& read) {
  ViewPage page = read.read->TakePage();
  v1::ReadResponse response;
  response.set_id(read.id);
  response.set_epoch(read.epoch.value());
  response.set_more(page.more);
  response.set_last_changed(content_.views[read.request.view()]->last_changed().value());
  EncodeBatch(page.rows, response.mutable_batch());
  for (std::string& cursor : page.cursors) response.add_cursors(std::move(cursor));
  respond_(response);
}

void ReadQueue::RespondError(uint64_t id, const absl::Status& status) {
  v1::ReadResponse response;
  response.set_id(id);
  response.set_error_code(std::string(InfoOf(CodeOf(status)).name));
  response.set_error_message(std::string(status.message()));
  respond_(response);
}

void ReadQueue::RespondDeadLetters(uint64_t id, const v1::DeadLettersRequest& request) {
  std::vector<v1::DeadLetter> letters;
  for (const ConnectorSource* source : content_.sources) {
    // One more than asked for: it tells whether there are more.
    for (v1::DeadLetter& letter : source->DeadLetters(content_.committed(), request.after(), request.limit() + 1)) {
      letters.push_back(std::move(letter));
    }
  }
  std::sort(letters.begin(), letters.end(), [](const auto& a, const auto& b) { return a.cursor() < b.cursor(); });
  v1::ReadResponse response;
  response.set_id(id);
  response.set_more(letters.size() > request.limit());
  if (letters.size() > request.limit()) letters.resize(request.limit());
  for (v1::DeadLetter& letter : letters) *response.add_dead_letters() = std::move(letter);
  respond_(response);
}

}  // namespace freshet
