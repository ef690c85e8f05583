// Serves the streams of changes of all views, on a thread of its own.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "server/catalog/catalog.h"
#include "server/metrics/metrics.h"
#include "server/pipelines/change_hub.h"
#include "server/pipelines/changes.h"

namespace freshet {

class ChangeFeeds : public Changes {
 public:
  // All outlive it.
  struct Dependencies {
    const Settings* settings = nullptr;
    const Catalog* catalog = nullptr;
    Reader* reader = nullptr;
    const Clock* clock = nullptr;
    ServerMetrics* metrics = nullptr;
    AskGroup ask;
    uint64_t seed = 0;  // of tokens
  };

  explicit ChangeFeeds(Dependencies dependencies);
  ~ChangeFeeds() override;
  // Ends the thread; streams that still run are forgotten. Before their connections' server goes.
  void Stop();

  absl::StatusOr<SubscriptionId> Subscribe(ChangesQuery query, std::shared_ptr<const ChangeEncoder> encoder,
                                           std::shared_ptr<ChangeSink> sink) override;
  void Unsubscribe(SubscriptionId id) override;

  // A pipeline has committed an epoch, or its state has changed. Any thread; costs nothing where nobody follows it.
  void OnProgress(const std::string& uid);
  // The server stops: every stream ends with the place to go on, and no other begins.
  void Drain();

 private:
  absl::StatusOr<FollowedView> FindView(const ChangesQuery& query) const;
  absl::StatusOr<ChangeSubscriber::Start> StartOf(const ChangesQuery& query, const FollowedView& view) const;
  ChangeHub& HubOf(const FollowedView& view);
  void Tick();
  void TickLater();

  const Dependencies dependencies_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  ChangeEnvironment environment_;
  std::atomic<uint64_t> last_id_ = 0;
  std::atomic<uint64_t> subscribers_ = 0;
  std::atomic<bool> draining_ = false;

  std::mutex mutex_;
  std::set<std::string> progressed_;  // the thread will look at them

  // On the thread.
  boost::asio::steady_timer timer_;
  std::map<std::string, std::shared_ptr<ChangeHub>> hubs_;  // by uid, revision and view
  std::map<SubscriptionId, std::weak_ptr<ChangeHub>> hub_of_;
  bool ticking_ = false;
  std::thread thread_;
};

}  // namespace freshet
