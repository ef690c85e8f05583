// A call goes through: opening (Pipelines::Watch runs on a worker), open, finishing, done. Finish is called exactly
// once, and not before the opening has ended, so that OnDone finds the watch in its place; it always runs on a worker,
// since gRPC may call OnDone from inside of it, which must not be the watch's own callback.
#include "server/control/watch_pipeline.h"

#include <optional>
#include <utility>

#include "server/control/call_status.h"
#include "server/errors/error_list.h"

namespace freshet {

class WatchCalls::Call final : public grpc::ServerWriteReactor<v1::Pipeline> {
 public:
  Call(WatchCalls& owner, grpc::CallbackServerContext* context, std::string name)
      : owner_(owner), context_(context), name_(std::move(name)) {}

  void Open() {
    absl::StatusOr<std::unique_ptr<PipelineWatch>> watch =
        owner_.pipelines_.Watch(name_, [this](const absl::StatusOr<v1::Pipeline>& pipeline) { OnPipeline(pipeline); });
    if (watch.ok()) {
      watch_ = *std::move(watch);
    } else {
      End(watch.status());
    }
    std::unique_lock lock(mutex_);
    opening_ = false;
    FinishIfDue(std::move(lock));
  }

  // The first reason stands.
  void End(absl::Status reason) {
    std::unique_lock lock(mutex_);
    if (!end_) end_ = std::move(reason);
    FinishIfDue(std::move(lock));
  }

  void OnWriteDone(bool ok) override {
    std::unique_lock lock(mutex_);
    writing_ = false;
    if (!ok && !end_) end_ = absl::CancelledError("the client has gone");
    WriteNext();
    FinishIfDue(std::move(lock));
  }

  void OnCancel() override { End(absl::CancelledError("the client has gone")); }

  void OnDone() override {
    {
      std::lock_guard lock(owner_.mutex_);
      owner_.running_.erase(this);
    }
    owner_.calls_.workers().Post([this] { delete this; });  // ends the watch, which may wait for its callback
  }

 private:
  void OnPipeline(const absl::StatusOr<v1::Pipeline>& pipeline) {
    if (!pipeline.ok()) return End(pipeline.status());
    std::lock_guard lock(mutex_);
    if (end_) return;
    newest_ = *pipeline;
    WriteNext();
  }

  // Under the mutex.
  void WriteNext() {
    if (writing_ || !newest_ || end_) return;
    written_ = *std::move(newest_);
    newest_.reset();
    writing_ = true;
    StartWrite(&written_);
  }

  void FinishIfDue(std::unique_lock<std::mutex> lock) {
    if (!end_ || opening_ || writing_ || finishing_) return;
    finishing_ = true;
    absl::Status status = *end_;
    lock.unlock();
    owner_.calls_.metrics().CountCall("WatchPipeline", absl::StatusCodeToString(status.code()), std::nullopt);
    owner_.calls_.workers().Post([this, status] { Finish(FinishStatus(status, context_)); });
  }

  WatchCalls& owner_;
  grpc::CallbackServerContext* const context_;
  const std::string name_;
  std::mutex mutex_;
  std::optional<v1::Pipeline> newest_;  // waits to be written
  v1::Pipeline written_;
  std::optional<absl::Status> end_;
  bool opening_ = true;
  bool writing_ = false;
  bool finishing_ = false;
  std::unique_ptr<PipelineWatch> watch_;  // last: its callback uses the rest
};

grpc::ServerWriteReactor<v1::Pipeline>* WatchCalls::Open(grpc::CallbackServerContext* context,
                                                         const std::string& name) {
  auto* call = new Call(*this, context, name);  // deletes itself when gRPC is done with it
  bool ended;
  {
    std::lock_guard lock(mutex_);
    running_.insert(call);
    ended = ended_;
  }
  if (ended) call->End(MakeError(ErrorCode::kUnavailable, "the server is shutting down"));
  calls_.workers().Post([call] { call->Open(); });
  return call;
}

void WatchCalls::EndAll() {
  std::lock_guard lock(mutex_);
  ended_ = true;
  for (Call* call : running_) call->End(MakeError(ErrorCode::kUnavailable, "the server is shutting down"));
}

}  // namespace freshet
