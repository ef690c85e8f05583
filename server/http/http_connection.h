// Serves one HTTP/1.1 connection: reads a request, hands it to its route, sends the answer, and again.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "server/http/api/router.h"
#include "server/http/body_budget.h"

namespace freshet {

// What a connection needs of the server. Outlives it.
struct HttpConnectionContext {
  const Router& router;
  // Runs what blocks on a worker thread.
  std::function<void(std::function<void()>)> run_on_worker;
  // Called when an answer is complete: route pattern, status, seconds.
  std::function<void(std::string_view, int, double)> on_answered;
  BodyBudget& bodies;
  const std::atomic<bool>& draining;  // each answer is the last one of its connection
  uint64_t request_bytes_max = 0;
  uint64_t idle_timeout_ms = 0;
};

// Starts serving; the connection lives as long as its socket. `closed` is called once, at its end. The returned
// function asks it to close: at once where it is idle, else when it is answered.
std::function<void()> ServeConnection(boost::asio::ip::tcp::socket socket, const HttpConnectionContext& context,
                                      std::function<void()> closed);

}  // namespace freshet
