// Runs the use cases, which may take tens of milliseconds, on a few threads of their own: gRPC's threads never block.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include <boost/asio/thread_pool.hpp>

namespace freshet {

class WorkerPool {
 public:
  struct Limits {
    uint32_t threads = 2;
    uint32_t waiting_max = 256;
  };
  explicit WorkerPool(Limits limits);
  // Runs what waits, then ends.
  ~WorkerPool();

  // False, and `work` is not run: too much waits already.
  bool TryPost(std::function<void()> work);
  // For what must not be refused, as the end of a call.
  void Post(std::function<void()> work);

 private:
  const Limits limits_;
  std::atomic<uint32_t> waiting_ = 0;
  boost::asio::thread_pool threads_;
};

}  // namespace freshet
