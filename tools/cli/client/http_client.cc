#include "tools/cli/client/http_client.h"

#include <array>
#include <chrono>
#include <optional>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "engine/base/str_cat.h"
#include "tools/cli/client/http_problem.h"
#include "tools/cli/exit_code.h"

namespace freshet {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::chrono::seconds kConnectTimeout(4);
// Above the server's own limit for a read, which is 30 s by default.
constexpr std::chrono::seconds kReadTimeout(90);
constexpr size_t kProblemBytesMax = 4 << 20;

// One request on a connection of its own. Asio's blocking calls know no timeouts, so each step is an asynchronous one
// that is run to its end.
class Exchange {
 public:
  absl::Status Open(const std::string& address) {
    size_t colon = address.rfind(':');
    std::string host = address.substr(0, colon);
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    error_code error;
    asio::ip::tcp::resolver resolver(io_);
    auto endpoints = resolver.resolve(host, address.substr(colon + 1), error);
    if (!error) {
      stream_.expires_after(kConnectTimeout);
      stream_.async_connect(endpoints, [&](error_code result, const auto&) { error = result; });
      Run();
    }
    if (error) return UnreachableError(StrCat("HTTP at ", address, " cannot be reached: ", error.message()));
    return absl::OkStatus();
  }

  absl::Status Get(const std::string& address, const std::string& target,
                   const std::vector<std::pair<std::string, std::string>>& headers) {
    http::request<http::empty_body> request(http::verb::get, target, 11);
    for (const auto& [name, value] : headers) request.set(name, value);
    return Ask(address, std::move(request));
  }

  absl::Status Post(const std::string& address, const std::string& target,
                    const std::vector<std::pair<std::string, std::string>>& headers, const std::string& body) {
    http::request<http::span_body<const char>> request(http::verb::post, target, 11);
    for (const auto& [name, value] : headers) request.set(name, value);
    request.body() = {body.data(), body.size()};
    request.prepare_payload();
    return Ask(address, std::move(request));
  }

  template <typename Body>
  absl::Status Ask(const std::string& address, http::request<Body> request) {
    request.set(http::field::host, address);
    request.set(http::field::user_agent, "freshet");
    request.set(http::field::connection, "close");
    error_code error;
    stream_.expires_after(kReadTimeout);
    http::async_write(stream_, request, [&](error_code result, size_t) { error = result; });
    Run();
    if (error) return Broken(error);
    parser_.body_limit(boost::none);
    http::async_read_header(stream_, buffer_, parser_, [&](error_code result, size_t) { error = result; });
    Run();
    return error ? Broken(error) : absl::OkStatus();
  }

  int status() const { return parser_.get().result_int(); }
  bool done() const { return parser_.is_done(); }

  // The next part, as it comes; may be empty.
  absl::StatusOr<std::string_view> Next() {
    auto& body = parser_.get().body();
    body.data = part_.data();
    body.size = part_.size();
    error_code error;
    stream_.expires_after(kReadTimeout);
    http::async_read_some(stream_, buffer_, parser_, [&](error_code result, size_t) { error = result; });
    Run();
    if (error == http::error::need_buffer) error = {};
    if (error) return Broken(error);
    return std::string_view(part_.data(), part_.size() - body.size);
  }

 private:
  void Run() {
    io_.restart();
    io_.run();
  }
  static absl::Status Broken(const error_code& error) {
    return UnreachableError(StrCat("the server broke the answer off: ", error.message()));
  }

  asio::io_context io_;
  beast::tcp_stream stream_{io_};
  beast::flat_buffer buffer_;
  http::response_parser<http::buffer_body> parser_;
  std::array<char, 64 << 10> part_;
};

// Hands a 2xx answer's body on; another answer is an error with the server's problem.
absl::Status ReadAnswer(Exchange& exchange, const std::function<bool(std::string_view)>& take) {
  bool failed = exchange.status() / 100 != 2;
  std::string problem;
  while (!exchange.done()) {
    absl::StatusOr<std::string_view> part = exchange.Next();
    if (!part.ok()) return part.status();
    if (!failed && !take(*part)) return absl::OkStatus();
    if (failed) problem.append(*part);
    if (problem.size() > kProblemBytesMax) break;
  }
  return failed ? ProblemStatus(exchange.status(), problem) : absl::OkStatus();
}

}  // namespace

absl::Status HttpClient::Stream(const std::string& target, const std::function<bool(std::string_view)>& take,
                                const std::vector<std::pair<std::string, std::string>>& headers) const {
  auto exchange = std::make_unique<Exchange>();
  if (absl::Status status = exchange->Open(address_); !status.ok()) return status;
  if (absl::Status status = exchange->Get(address_, target, headers); !status.ok()) return status;
  return ReadAnswer(*exchange, take);
}

absl::StatusOr<std::string> HttpClient::Post(const std::string& target,
                                             const std::vector<std::pair<std::string, std::string>>& headers,
                                             const std::string& body) const {
  auto exchange = std::make_unique<Exchange>();
  if (absl::Status status = exchange->Open(address_); !status.ok()) return status;
  if (absl::Status status = exchange->Post(address_, target, headers, body); !status.ok()) return status;
  std::string answer;
  absl::Status status = ReadAnswer(*exchange, [&](std::string_view part) {
    answer.append(part);
    return true;
  });
  if (!status.ok()) return status;
  return answer;
}

absl::StatusOr<std::string> HttpClient::Get(const std::string& target) const {
  std::string body;
  absl::Status status = Stream(target, [&](std::string_view part) {
    body.append(part);
    return true;
  });
  if (!status.ok()) return status;
  return body;
}

std::string PercentEncode(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (unsigned char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                 c == '.' || c == '~';
    if (plain) {
      encoded.push_back(static_cast<char>(c));
    } else {
      encoded.append({'%', kDigits[c >> 4], kDigits[c & 15]});
    }
  }
  return encoded;
}

std::string QueryText(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    StrAppend(&text, text.empty() ? "?" : "&", PercentEncode(name), "=", PercentEncode(value));
  }
  return text;
}

}  // namespace freshet
