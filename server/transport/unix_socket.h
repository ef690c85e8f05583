// Opens Unix sockets by path.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/local/stream_protocol.hpp"

namespace freshet {

// The longest path that a Unix socket can have.
inline constexpr size_t kUnixPathBytesMax = 107;

// Accepts connections at a path until it goes. All on the I/O thread.
class UnixListener {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;

  // Replaces what stands at the path (a socket of a process that is gone).
  static absl::StatusOr<std::unique_ptr<UnixListener>> Listen(boost::asio::io_context& io, const std::string& path,
                                                              std::function<void(Socket)> on_accept);
  ~UnixListener();

 private:
  struct State;
  explicit UnixListener(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

// Connects at once or not at all.
absl::StatusOr<boost::asio::local::stream_protocol::socket> ConnectUnix(boost::asio::io_context& io,
                                                                        const std::string& path);

}  // namespace freshet
