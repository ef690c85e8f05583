#include "server/http/http_server.h"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "server/http/api/problem.h"
#include "server/http/api/router.h"
#include "server/http/body_budget.h"
#include "server/http/http_connection.h"
#include "server/http/route_list.h"

namespace freshet {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr size_t kWorkers = 4;
// Connections that are told that there are too many: so many at once, for so long.
constexpr int kRefusingMax = 64;
constexpr auto kRefusing = std::chrono::seconds(1);

// The answer to a connection above the limit, which is given before its request is known.
std::string RefusalOf(uint64_t connections_max) {
  HttpResponse response =
      ProblemResponse(MakeError(ErrorCode::kUnavailable, StrCat("all ", connections_max,
                                                                " connections are in use; try again later "
                                                                "(setting http.connections_max)")));
  std::string text = StrCat("HTTP/1.1 ", response.status, " Service Unavailable\r\nConnection: close\r\n");
  for (const auto& [name, value] : response.headers) text.append(StrCat(name, ": ", value, "\r\n"));
  text.append(StrCat("Content-Length: ", response.body.size(), "\r\n\r\n", response.body));
  return text;
}

absl::StatusOr<tcp::endpoint> ParseAddress(const std::string& address) {
  size_t colon = address.rfind(':');
  absl::Status malformed = MakeError(
      ErrorCode::kInvalidSetting, StrCat("http.address=", address, " must be host:port, for example 127.0.0.1:8080"));
  if (colon == std::string::npos) return malformed;
  std::string host = address.substr(0, colon), port = address.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  asio::io_context context;
  tcp::resolver resolver(context);
  error_code error;
  auto found = resolver.resolve(host, port, tcp::resolver::passive, error);
  if (error || found.empty()) return malformed;
  return found.begin()->endpoint();
}

std::string FormatEndpoint(const tcp::endpoint& endpoint) {
  std::string host = endpoint.address().to_string();
  return endpoint.address().is_v6() ? StrCat("[", host, "]:", endpoint.port()) : StrCat(host, ":", endpoint.port());
}

}  // namespace

class HttpServer::Impl {
 public:
  explicit Impl(Services services)
      : settings_(services.settings),
        router_(
            AllRoutes({.pipelines = services.pipelines,
                       .reader = services.reader,
                       .ingestor = services.ingestor,
                       .changes = services.changes,
                       .metrics = services.metrics,
                       .settings = services.settings,
                       .version = services.version,
                       .run_on_worker = [this](std::function<void()> work) { asio::post(workers_, std::move(work)); },
                       .ready = [this] { return !draining_.load(); }})),
        bodies_(services.settings.http_bodies_bytes_max, services.metrics),
        context_{.router = router_,
                 .run_on_worker = [this](std::function<void()> work) { asio::post(workers_, std::move(work)); },
                 .on_answered = [&metrics = services.metrics](
                                    std::string_view route, int status,
                                    double seconds) { metrics.CountRequest(route, status, seconds); },
                 .bodies = bodies_,
                 .draining = draining_,
                 .request_bytes_max = services.settings.http_request_bytes_max,
                 .idle_timeout_ms = services.settings.http_idle_timeout_ms},
        refusal_(RefusalOf(services.settings.http_connections_max)),
        accepting_(asio::make_strand(io_)),
        acceptor_(accepting_),
        retry_(accepting_),
        work_(asio::make_work_guard(io_)) {}

  ~Impl() { Stop(); }

  void Stop() {
    if (std::exchange(stopped_, true)) return;
    asio::post(accepting_, [this] { StopAccepting(); });
    CloseConnections();
    workers_.join();
    io_.stop();
    for (std::thread& thread : threads_) thread.join();
  }

  absl::Status Listen() {
    absl::StatusOr<tcp::endpoint> endpoint = ParseAddress(settings_.http_address);
    if (!endpoint.ok()) return endpoint.status();
    error_code error;
    acceptor_.open(endpoint->protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(*endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return MakeError(ErrorCode::kUnavailable,
                       StrCat("cannot listen at http.address=", settings_.http_address, ": ", error.message()));
    }
    address_ = FormatEndpoint(acceptor_.local_endpoint());
    Accept();
    for (uint64_t i = 0; i < settings_.http_threads; ++i) threads_.emplace_back([this] { io_.run(); });
    return absl::OkStatus();
  }

  const std::string& address() const { return address_; }

  void Drain() { draining_ = true; }

  void Close(uint64_t timeout_ms) {
    auto stopped = std::make_shared<std::promise<void>>();
    asio::post(accepting_, [this, stopped] {
      if (acceptor_.is_open()) AcceptWaiting();
      StopAccepting();
      CloseConnections();
      stopped->set_value();
    });
    stopped->get_future().wait();
    std::unique_lock lock(mutex_);
    all_closed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] { return closers_.empty(); });
  }

 private:
  // One accept at a time. Past the limit a connection is told so: left in the system's backlog, its client would not
  // know what it waits for.
  void Accept() {
    acceptor_.async_accept(asio::make_strand(io_), [this](error_code error, tcp::socket socket) {
      if (!error) Adopt(std::move(socket));
      if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
      if (error) return AcceptLater();  // out of descriptors: some come back
      Accept();
    });
  }

  // Those whose clients think that they are connected: closed with the acceptor, they would be reset.
  void AcceptWaiting() {
    error_code error;
    acceptor_.non_blocking(true, error);
    while (!error) {
      tcp::socket socket(asio::make_strand(io_));
      acceptor_.accept(socket, error);
      if (!error) Adopt(std::move(socket));
    }
  }

  void Adopt(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    bool full;
    {
      std::lock_guard lock(mutex_);
      full = closers_.size() >= settings_.http_connections_max;
    }
    full ? Refuse(std::move(socket)) : Serve(std::move(socket));
  }

  void AcceptLater() {
    retry_.expires_after(std::chrono::milliseconds(50));
    retry_.async_wait([this](error_code error) {
      if (!error && acceptor_.is_open()) Accept();
    });
  }

  // Answers 503 and reads on for a moment: a connection closed with unread bytes is reset, and its answer lost.
  void Refuse(tcp::socket accepted) {
    if (refusing_ >= kRefusingMax) return;
    ++refusing_;
    auto socket = std::make_shared<tcp::socket>(std::move(accepted));
    auto timer = std::make_shared<asio::steady_timer>(socket->get_executor(), kRefusing);
    error_code ignored;
    socket->non_blocking(true, ignored);
    socket->write_some(asio::buffer(refusal_), ignored);  // an empty buffer takes it whole
    socket->shutdown(tcp::socket::shutdown_send, ignored);
    timer->async_wait([socket, timer](error_code) {
      error_code ignored;
      socket->close(ignored);
    });
    auto request = std::make_shared<std::array<char, 4096>>();
    socket->async_read_some(asio::buffer(*request), [this, socket, timer, request](error_code, size_t) {
      timer->cancel();
      --refusing_;
    });
  }

  void Serve(tcp::socket socket) {
    uint64_t id = next_id_++;
    {
      std::lock_guard lock(mutex_);
      closers_.emplace(id, nullptr);
    }
    std::function<void()> close = ServeConnection(std::move(socket), context_, [this, id] { OnClosed(id); });
    std::lock_guard lock(mutex_);
    auto closer = closers_.find(id);
    if (closer != closers_.end()) closer->second = std::move(close);
  }

  void OnClosed(uint64_t id) {
    std::lock_guard lock(mutex_);
    closers_.erase(id);
    if (closers_.empty()) all_closed_.notify_all();
  }

  void StopAccepting() {
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel(ignored);
  }

  void CloseConnections() {
    std::vector<std::function<void()>> closers;
    {
      std::lock_guard lock(mutex_);
      for (const auto& [id, close] : closers_) {
        if (close) closers.push_back(close);
      }
    }
    for (const std::function<void()>& close : closers) close();
  }

  const Settings& settings_;
  bool stopped_ = false;
  std::atomic<bool> draining_ = false;
  asio::thread_pool workers_{kWorkers};
  const Router router_;
  BodyBudget bodies_;
  const HttpConnectionContext context_;

  std::mutex mutex_;  // of the connections
  std::condition_variable all_closed_;
  std::unordered_map<uint64_t, std::function<void()>> closers_;
  std::atomic<int> refusing_ = 0;
  const std::string refusal_;
  uint64_t next_id_ = 0;  // touched by the accept handler alone

  // Last, so that it goes first: what waits in it refers to all of the above.
  asio::io_context io_;
  asio::strand<asio::io_context::executor_type> accepting_;  // of the acceptor and its timer
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::string address_;
  std::vector<std::thread> threads_;
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(Services services) {
  auto impl = std::make_unique<Impl>(std::move(services));
  if (absl::Status status = impl->Listen(); !status.ok()) return status;
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;
const std::string& HttpServer::address() const { return impl_->address(); }
void HttpServer::Drain() { impl_->Drain(); }
void HttpServer::Close(uint64_t timeout_ms) { impl_->Close(timeout_ms); }
void HttpServer::Stop() { impl_->Stop(); }

}  // namespace freshet
