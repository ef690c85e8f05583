#include "server/pipelines/pipeline_watches.h"

#include <algorithm>

namespace freshet {

class PipelineWatches::Handle : public PipelineWatch {
 public:
  explicit Handle(std::shared_ptr<Entry> entry) : entry_(std::move(entry)) {}
  ~Handle() override {
    std::lock_guard lock(entry_->mutex);
    entry_->callback = nullptr;  // Tell drops the entry
  }

 private:
  const std::shared_ptr<Entry> entry_;
};

std::unique_ptr<PipelineWatch> PipelineWatches::Add(const std::string& uid, Pipelines::WatchCallback callback) {
  auto entry = std::make_shared<Entry>();
  entry->uid = uid;
  entry->callback = std::move(callback);
  std::lock_guard lock(mutex_);
  entries_.push_back(entry);
  return std::make_unique<Handle>(std::move(entry));
}

bool PipelineWatches::HasWatch(const std::string& uid) const {
  std::lock_guard lock(mutex_);
  return std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) { return entry->uid == uid; });
}

void PipelineWatches::Tell(const std::string& uid, const absl::StatusOr<v1::Pipeline>& pipeline) {
  std::vector<std::shared_ptr<Entry>> watching;
  {
    std::lock_guard lock(mutex_);
    for (const auto& entry : entries_) {
      if (entry->uid == uid) watching.push_back(entry);
    }
  }
  std::string bytes = pipeline.ok() ? pipeline->SerializeAsString() : std::string();
  std::vector<const Entry*> ended;
  for (const auto& entry : watching) {
    std::lock_guard lock(entry->mutex);
    if (entry->callback != nullptr && (!pipeline.ok() || entry->last != bytes)) {
      entry->last = bytes;
      entry->callback(pipeline);
      if (!pipeline.ok()) entry->callback = nullptr;
    }
    if (entry->callback == nullptr) ended.push_back(entry.get());
  }
  if (ended.empty()) return;
  std::lock_guard lock(mutex_);
  std::erase_if(entries_,
                [&](const auto& entry) { return std::find(ended.begin(), ended.end(), entry.get()) != ended.end(); });
}

}  // namespace freshet
