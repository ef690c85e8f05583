#include "server/control/worker_pool.h"

#include <utility>

#include <boost/asio/post.hpp>

namespace freshet {

WorkerPool::WorkerPool(Limits limits) : limits_(limits), threads_(limits.threads) {}

WorkerPool::~WorkerPool() { threads_.join(); }

bool WorkerPool::TryPost(std::function<void()> work) {
  if (waiting_.load() >= limits_.waiting_max) return false;
  Post(std::move(work));
  return true;
}

void WorkerPool::Post(std::function<void()> work) {
  ++waiting_;
  boost::asio::post(threads_, [this, work = std::move(work)] {
    --waiting_;
    work();
  });
}

}  // namespace freshet
