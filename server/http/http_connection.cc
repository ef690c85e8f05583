#include "server/http/http_connection.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <array>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "server/http/api/problem.h"

namespace freshet {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr uint32_t kHeaderBytesMax = 16 * 1024;
constexpr size_t kReadBytes = 16 * 1024;
constexpr size_t kWriteBytes = 64 * 1024;
// How long what still comes of a refused request is read, so that its client gets to read the answer.
constexpr auto kLinger = std::chrono::seconds(2);
// How long a connection that is new when the server stops has for its first request.
constexpr auto kFirstRequest = std::chrono::milliseconds(250);
// The system tells of what a slow reader has taken in steps of up to its whole buffer.
constexpr uint64_t kTimeoutsWithoutProgress = 4;

// Bytes that the system holds because the other side has not taken them yet.
int64_t UntakenBytes(int socket) {
  int bytes = 0;
  return ::ioctl(socket, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

std::string_view ReasonOf(int status) {
  auto reason = http::obsolete_reason(static_cast<http::status>(status));
  return {reason.data(), reason.size()};
}

// The socket and everything of it are touched only on its executor, a strand. Writers of answers may live on any thread
// and post to it.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const HttpConnectionContext& context, std::function<void()> closed)
      : socket_(std::move(socket)),
        context_(context),
        timer_(socket_.get_executor()),
        closed_(std::move(closed)),
        body_share_(context.bodies) {}
  ~Connection() { closed_(); }

  void Start() {
    asio::dispatch(socket_.get_executor(), [self = shared_from_this()] { self->ReadRequest(); });
  }

  void AskToClose() {
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
      self->closing_ = true;
      if (self->answering_ || self->RequestHasCome()) return;
      if (self->round_ > 1) return self->Close();
      // It is new: its client may be about to send the first one.
      self->timer_.expires_after(kFirstRequest);
      self->timer_.async_wait([self](error_code error) {
        if (!error && !self->answering_ && !self->RequestHasCome()) self->Close();
      });
    });
  }

 private:
  class Writer;
  using Parser = http::request_parser<http::string_body>;

  // Some of one, at least.
  bool RequestHasCome() {
    error_code ignored;
    return input_.size() > 0 || (parser_ && parser_->got_some()) || socket_.available(ignored) > 0;
  }

  void ReadRequest() {
    answering_ = false;
    body_share_.Release();
    if (closing_ && !RequestHasCome()) return Close();
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(context_.request_bytes_max);
    parser_->eager(true);
    // One timer for the whole request, so that a client that sends a byte a second does not hold the connection.
    timer_.expires_after(std::chrono::milliseconds(context_.idle_timeout_ms));
    timer_.async_wait([weak = weak_from_this(), round = ++round_](error_code error) {
      auto self = weak.lock();
      if (error || self == nullptr || self->round_ != round || self->answering_) return;
      self->Close();
    });
    ParseOrRead();
  }

  void ParseOrRead() {
    while (input_.size() > 0 && !parser_->is_done()) {
      error_code error;
      size_t used = parser_->put(input_.data(), error);
      input_.consume(used);
      if (error && error != http::error::need_more) return Refuse(StatusOf(error));
      if (!body_share_.GrowTo(parser_->get().body().size())) return Refuse(NoRoom());
      if (error && used == 0) break;
    }
    if (parser_->is_done()) return HandleRequest();
    if (!continue_sent_ && parser_->is_header_done() &&
        boost::beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
      continue_sent_ = true;
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      asio::async_write(socket_, asio::buffer(kContinue.data(), kContinue.size()),
                        [self = shared_from_this()](error_code error, size_t) {
                          if (!error) self->ParseOrRead();
                        });
      return;
    }
    StartRead();
  }

  // Waits for bytes and takes them; one wait at a time. It goes on while an answer is made, to notice that the client
  // is gone, but takes only one chunk then. Idle connections hold no buffer.
  void StartRead() {
    if (reading_) return;
    reading_ = true;
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
      self->reading_ = false;
      if (!error) self->ReadReady();
    });
  }

  void ReadReady() {
    std::array<char, kReadBytes> chunk;
    error_code error;
    socket_.non_blocking(true, error);
    size_t bytes = error ? 0 : socket_.read_some(asio::buffer(chunk), error);
    if (error == asio::error::would_block) return StartRead();
    if (lingering_) return error ? Close() : StartRead();
    if (error) {
      // A client may close its half and still wait for an answer that is at hand; a long read is given up.
      if (!answering_ || gone_) return Close();
      keep_alive_ = false;
      return;
    }
    auto space = input_.prepare(bytes);
    std::memcpy(space.data(), chunk.data(), bytes);
    input_.commit(bytes);
    if (!answering_) ParseOrRead();
  }

  absl::Status StatusOf(error_code error) const {
    if (error != http::error::body_limit && error != http::error::header_limit) {
      return MakeError(ErrorCode::kInvalidRequest, StrCat("malformed HTTP: ", error.message()));
    }
    return MakeError(ErrorCode::kRequestTooLarge,
                     StrCat("the request is too large: at most ", kHeaderBytesMax, " bytes of headers and ",
                            context_.request_bytes_max, " bytes of body (setting http.request_bytes_max)"));
  }

  absl::Status NoRoom() const {
    return MakeError(ErrorCode::kTooManyRequests,
                     StrCat("requests that are not answered yet hold all of ", context_.bodies.bytes_max(),
                            " bytes for bodies; try again later (setting http.bodies_bytes_max)"));
  }

  // Answers a request that is not read to its end: the connection ends with it.
  void Refuse(const absl::Status& status) {
    parser_.reset();
    body_share_.Release();
    unread_ = true;
    keep_alive_ = false;
    head_ = false;
    version_ = 11;
    started_ = Clock::now();
    route_pattern_ = "";
    answering_ = true;
    SendWhole(ProblemResponse(status));
  }

  void HandleRequest();
  void SendWhole(HttpResponse response);
  void Write(std::string bytes, std::function<void(bool)> written);
  void WriteShared(std::shared_ptr<const std::string> bytes, std::function<void(bool)> written);
  void WatchStream();
  int64_t TakenBytes() { return written_bytes_ - UntakenBytes(socket_.native_handle()); }
  void EndAnswer();
  void Linger();
  // Decides whether the answer is the last one.
  std::string Head(const HttpResponse& response, std::optional<size_t> length);

  void Close() {
    error_code ignored;
    timer_.cancel(ignored);
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
    if (gone_) std::exchange(gone_, nullptr)();
  }

  tcp::socket socket_;
  const HttpConnectionContext& context_;
  asio::steady_timer timer_;
  std::function<void()> closed_;
  boost::beast::flat_buffer input_;
  bool reading_ = false;
  std::optional<Parser> parser_;
  uint64_t round_ = 0;
  bool continue_sent_ = false;
  bool closing_ = false;
  bool unread_ = false;     // of the request that was refused more may come
  bool lingering_ = false;  // what comes is thrown away
  BodyBudget::Share body_share_;

  // The running answer.
  bool answering_ = false;
  bool keep_alive_ = false;  // its client wants
  bool last_ = false;        // of the connection, as its head says
  bool head_ = false;        // a HEAD request: no body
  unsigned version_ = 11;
  bool chunked_ = false;  // the stream's body
  int status_ = 0;
  std::string_view route_pattern_;
  Clock::time_point started_;
  std::string output_;
  int64_t written_bytes_ = 0;  // of the stream's part that goes out
  std::function<void()> gone_;
};

// Posts everything to the connection's strand, so that a route may answer from any thread.
class Connection::Writer : public ResponseWriter {
 public:
  explicit Writer(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)), round_(connection_->round_) {}

  ~Writer() override {
    if (answered_) return;
    asio::post(connection_->socket_.get_executor(), [connection = connection_] {
      connection->SendWhole(ProblemResponse(MakeError(ErrorCode::kInternal, "the request was dropped unanswered")));
    });
  }

  void Send(HttpResponse response) override {
    answered_ = true;
    asio::dispatch(connection_->socket_.get_executor(),
                   [connection = connection_, response = std::move(response)]() mutable {
                     connection->SendWhole(std::move(response));
                   });
  }

  void Start(HttpResponse response) override {
    answered_ = true;
    asio::post(connection_->socket_.get_executor(),
               [connection = connection_, response = std::move(response)]() mutable {
                 connection->chunked_ = connection->version_ >= 11;
                 if (!connection->chunked_) connection->keep_alive_ = false;
                 connection->status_ = response.status;
                 connection->output_ = connection->Head(response, std::nullopt);
                 std::string body = std::move(response.body);
                 connection->Write(std::move(body), nullptr);
               });
  }

  void Write(std::string part, std::function<void(bool)> written) override {
    asio::post(connection_->socket_.get_executor(),
               [connection = connection_, part = std::move(part), written = std::move(written)]() mutable {
                 connection->Write(std::move(part), std::move(written));
               });
  }

  void WriteShared(std::shared_ptr<const std::string> part, std::function<void(bool)> written) override {
    asio::post(connection_->socket_.get_executor(),
               [connection = connection_, part = std::move(part), written = std::move(written)]() mutable {
                 connection->WriteShared(std::move(part), std::move(written));
               });
  }

  void Finish() override {
    asio::post(connection_->socket_.get_executor(), [connection = connection_] {
      if (!connection->socket_.is_open()) return;
      if (connection->chunked_ && !connection->head_) connection->output_.append("0\r\n\r\n");
      connection->EndAnswer();
    });
  }

  void Abort() override {
    asio::post(connection_->socket_.get_executor(), [connection = connection_] { connection->Close(); });
  }

  void OnGone(std::function<void()> gone) override {
    asio::dispatch(connection_->socket_.get_executor(),
                   [connection = connection_, round = round_, gone = std::move(gone)]() mutable {
                     if (connection->round_ != round || !connection->answering_) return;  // answered already
                     if (!connection->socket_.is_open()) return gone();
                     connection->gone_ = std::move(gone);
                     connection->StartRead();
                   });
  }

 private:
  const std::shared_ptr<Connection> connection_;
  const uint64_t round_;  // of the request
  bool answered_ = false;
};

void Connection::HandleRequest() {
  answering_ = true;
  continue_sent_ = false;
  timer_.cancel();
  started_ = Clock::now();
  route_pattern_ = "";
  auto message = parser_->release();
  keep_alive_ = message.keep_alive();
  version_ = message.version();
  auto request = std::make_shared<HttpRequest>();
  request->method = std::string(message.method_string());
  head_ = request->head = request->method == "HEAD";
  if (head_) request->method = "GET";
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    request->headers[name] = std::string(field.value());
  }
  std::string target(message.target());
  request->body = std::move(message.body());

  Router::Match match;
  absl::Status found = ParseTarget(target, request.get());
  if (found.ok()) found = context_.router.Find(request.get(), &match);
  if (!found.ok()) {
    HttpResponse response = ProblemResponse(found);
    if (!match.allow.empty()) response.headers.emplace_back("Allow", match.allow);
    return SendWhole(std::move(response));
  }
  Route* route = match.route;
  route_pattern_ = route->info().pattern;
  auto writer = std::make_shared<Writer>(shared_from_this());
  if (route->info().blocks) {
    context_.run_on_worker([route, request, writer] { route->Handle(std::move(*request), writer); });
  } else {
    route->Handle(std::move(*request), writer);
  }
}

std::string Connection::Head(const HttpResponse& response, std::optional<size_t> length) {
  last_ = !keep_alive_ || closing_ || context_.draining;
  std::string head = StrCat("HTTP/1.1 ", response.status, " ", ReasonOf(response.status), "\r\n");
  for (const auto& [name, value] : response.headers) head.append(StrCat(name, ": ", value, "\r\n"));
  if (length) {
    if (response.status != 204 && response.status != 304) head.append(StrCat("Content-Length: ", *length, "\r\n"));
  } else if (chunked_) {
    head.append("Transfer-Encoding: chunked\r\n");
  }
  if (last_) {
    head.append("Connection: close\r\n");
  } else if (version_ < 11) {
    head.append("Connection: keep-alive\r\n");
  }
  head.append("\r\n");
  return head;
}

void Connection::SendWhole(HttpResponse response) {
  if (!socket_.is_open()) return;
  status_ = response.status;
  chunked_ = false;
  output_ = Head(response, response.body.size());
  if (!head_) output_.append(response.body);
  EndAnswer();
}

void Connection::Write(std::string bytes, std::function<void(bool)> written) {
  if (!socket_.is_open()) {
    if (written) written(false);
    return;
  }
  if (!head_ && !bytes.empty()) {
    if (chunked_) {
      char size[20];
      std::snprintf(size, sizeof(size), "%zx\r\n", bytes.size());
      output_.append(size).append(bytes).append("\r\n");
    } else {
      output_.append(bytes);
    }
  }
  if (!written) return;  // goes with the next part
  auto part = std::make_shared<std::string>(std::exchange(output_, {}));
  written_bytes_ = 0;
  WatchStream();
  auto count = [this](error_code error, size_t bytes) -> size_t {
    written_bytes_ = static_cast<int64_t>(bytes);
    return error ? 0 : kWriteBytes;
  };
  asio::async_write(socket_, asio::buffer(*part), count,
                    [self = shared_from_this(), part, written = std::move(written)](error_code error, size_t) {
                      self->timer_.cancel();
                      if (error) self->Close();
                      written(!error);
                    });
}

void Connection::WriteShared(std::shared_ptr<const std::string> bytes, std::function<void(bool)> written) {
  if (!socket_.is_open()) return written(false);
  if (head_ || bytes->empty()) return Write("", std::move(written));
  char size[20];
  std::snprintf(size, sizeof(size), "%zx\r\n", bytes->size());
  auto before = std::make_shared<std::string>(std::exchange(output_, {}));
  if (chunked_) before->append(size);
  static constexpr std::string_view kEnd = "\r\n";
  const std::array<asio::const_buffer, 3> part = {asio::buffer(*before), asio::buffer(*bytes),
                                                  asio::buffer(kEnd.data(), chunked_ ? kEnd.size() : 0)};
  written_bytes_ = 0;
  WatchStream();
  auto count = [this](error_code error, size_t sent) -> size_t {
    written_bytes_ = static_cast<int64_t>(sent);
    return error ? 0 : kWriteBytes;
  };
  asio::async_write(socket_, part, count,
                    [self = shared_from_this(), before, bytes, written = std::move(written)](error_code error, size_t) {
                      self->timer_.cancel();
                      if (error) self->Close();
                      written(!error);
                    });
}

// A stream may be read slowly, as long as it is read at all.
void Connection::WatchStream() {
  timer_.expires_after(std::chrono::milliseconds(context_.idle_timeout_ms * kTimeoutsWithoutProgress));
  timer_.async_wait([weak = weak_from_this(), before = TakenBytes()](error_code error) {
    auto self = weak.lock();
    if (error || self == nullptr || !self->socket_.is_open()) return;
    if (self->TakenBytes() == before) return self->Close();
    self->WatchStream();
  });
}

void Connection::EndAnswer() {
  gone_ = nullptr;
  auto whole = std::make_shared<std::string>(std::exchange(output_, {}));
  // A client that does not read its answer is not waited for longer than one that does not send its request.
  timer_.expires_after(std::chrono::milliseconds(context_.idle_timeout_ms));
  timer_.async_wait([weak = weak_from_this(), round = round_](error_code error) {
    auto self = weak.lock();
    if (!error && self != nullptr && self->round_ == round) self->Close();
  });
  asio::async_write(socket_, asio::buffer(*whole), [self = shared_from_this(), whole](error_code error, size_t) {
    double seconds = std::chrono::duration<double>(Clock::now() - self->started_).count();
    self->context_.on_answered(self->route_pattern_, self->status_, seconds);
    if (error) return self->Close();
    if (!self->last_) return self->ReadRequest();
    self->unread_ || self->input_.size() > 0 ? self->Linger() : self->Close();
  });
}

// A connection that is closed while bytes of the request come in is reset, and the answer lost with it.
void Connection::Linger() {
  lingering_ = true;
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  timer_.expires_after(kLinger);
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->Close();
  });
  StartRead();
}

}  // namespace

std::function<void()> ServeConnection(tcp::socket socket, const HttpConnectionContext& context,
                                      std::function<void()> closed) {
  auto connection = std::make_shared<Connection>(std::move(socket), context, std::move(closed));
  connection->Start();
  return [weak = std::weak_ptr<Connection>(connection)] {
    if (auto alive = weak.lock()) alive->AskToClose();
  };
}

}  // namespace freshet
