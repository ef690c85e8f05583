// Answers HTTP requests, one connection each, with canned bytes.
#pragma once

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace freshet {

class CannedServer {
 public:
  // The i-th connection gets answers[i], then is closed.
  explicit CannedServer(std::vector<std::string> answers)
      : acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}),
        thread_([this, answers = std::move(answers)] { Serve(answers); }) {}
  ~CannedServer() { thread_.join(); }

  std::string address() const { return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
  // Waits for the last answer; the request lines in their order.
  std::vector<std::string> Targets() {
    thread_.join();
    thread_ = std::thread([] {});
    return targets_;
  }

 private:
  void Serve(const std::vector<std::string>& answers) {
    for (const std::string& answer : answers) {
      boost::system::error_code ignored;
      boost::asio::ip::tcp::socket socket(io_);
      acceptor_.accept(socket, ignored);
      std::string request;
      boost::asio::read_until(socket, boost::asio::dynamic_buffer(request), "\r\n\r\n", ignored);
      targets_.push_back(request.substr(0, request.find(" HTTP")));
      boost::asio::write(socket, boost::asio::buffer(answer), ignored);
    }
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::vector<std::string> targets_;
  std::thread thread_;
};

inline std::string Answer(int status, const std::string& type, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace freshet
