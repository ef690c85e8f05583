// Calls back who watches pipelines, when what they see has changed.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/pipelines/pipelines.h"

namespace freshet {

// Thread-safe.
class PipelineWatches {
 public:
  std::unique_ptr<PipelineWatch> Add(const std::string& uid, Pipelines::WatchCallback callback);

  bool HasWatch(const std::string& uid) const;
  // Calls those of this pipeline that have not seen it like this. NOT_FOUND: for the last time.
  void Tell(const std::string& uid, const absl::StatusOr<v1::Pipeline>& pipeline);

 private:
  struct Entry {
    std::string uid;
    std::mutex mutex;  // held while it is called, so that its end waits for that
    Pipelines::WatchCallback callback;
    std::string last;
  };
  class Handle;

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Entry>> entries_;
};

}  // namespace freshet
