// Supervises the groups of all pipelines: one I/O thread on which they live, the socket that their shards connect to.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "server/catalog/catalog.h"
#include "server/settings/settings.h"
#include "server/supervisor/group.h"
#include "server/supervisor/group_status.h"
#include "server/supervisor/launcher.h"
#include "server/transport/unix_socket.h"

namespace freshet {

class Supervisor {
 public:
  struct Options {
    const Settings* settings = nullptr;
    Catalog* catalog = nullptr;
    const Clock* clock = nullptr;
    std::string run_folder;
    std::string pipelines_folder;  // {folder}/{uid}: what the shards of a pipeline keep; goes with it
    // Runs a shard: `/proc/self/exe shard --log-level info`; the rest is appended.
    std::vector<std::string> shard_command;
    // State, status or reports of a pipeline have changed; at most 10 times a second each, but at once for states. On
    // the I/O thread; must not block.
    std::function<void(const std::string& uid)> on_change;
    // An epoch that readers may see was committed. Likewise, but at each commit.
    std::function<void(const std::string& uid)> on_commit;
  };

  explicit Supervisor(Options options);
  // Ends every shard; see Stop.
  ~Supervisor();

  // Listens for shards, and starts what the catalog says.
  absl::Status Start();
  // Ends every shard: gently, and by force once the time is over. Returns when all are gone.
  void Stop(std::chrono::milliseconds timeout);

  // Any thread. The catalog has another state of this pipeline now. `anew`: a user wants it started.
  void Reconcile(const std::string& uid, bool anew);
  // The pipeline is deleted: ends its shards.
  void Remove(const std::string& uid);

  // The last that is known. Never nullptr: what is not known is STOPPED.
  std::shared_ptr<const GroupStatus> Status(const std::string& uid) const;

  // Any thread; `done` is called once, on the I/O thread or the caller's.
  uint64_t Ask(const std::string& uid, Group::Read read, std::function<void(absl::StatusOr<Group::ReadResult>)> done);
  void Ingest(const std::string& uid, uint64_t revision, v1::IngestCall call, std::chrono::milliseconds timeout,
              GroupIngest::Done done);
  void CancelRead(const std::string& uid, uint64_t id);

  boost::asio::io_context& io() { return io_; }

 private:
  void RemoveLeftOvers();
  void Accepted(FrameConnection::Socket socket);
  void OnHello(FrameConnection* raw, std::string_view bytes);
  void Forget(FrameConnection* raw);
  void OnGroupChange(const std::string& uid, bool now);
  void Publish(const std::string& uid);
  Group& GroupOf(const CatalogPipeline& pipeline);

  const Options options_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::unique_ptr<Launcher> launcher_;
  GroupEnvironment environment_;
  std::unique_ptr<UnixListener> listener_;
  std::thread thread_;
  std::atomic<uint64_t> last_read_ = 0;

  // I/O thread.
  std::map<std::string, std::shared_ptr<Group>> groups_;   // by uid
  std::vector<std::shared_ptr<FrameConnection>> unnamed_;  // no hello yet
  std::set<std::string> change_due_;                       // a timer will publish them

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const GroupStatus>> statuses_;
};

}  // namespace freshet
