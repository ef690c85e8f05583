#include "server/transport/unix_socket.h"

#include <fcntl.h>
#include <unistd.h>

#include "engine/base/check.h"
#include "fmt/format.h"

namespace freshet {
namespace {

using Protocol = boost::asio::local::stream_protocol;

absl::Status CheckPath(const std::string& path) {
  if (path.size() <= kUnixPathBytesMax) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("the socket path {} is longer than {} bytes", path, kUnixPathBytesMax));
}

// Sockets must not leak into processes that are launched.
void SetCloseOnExec(int fd) { ::fcntl(fd, F_SETFD, FD_CLOEXEC); }

}  // namespace

struct UnixListener::State : std::enable_shared_from_this<State> {
  State(boost::asio::io_context& io, std::string path, std::function<void(Socket)> on_accept)
      : acceptor(io), path(std::move(path)), on_accept(std::move(on_accept)) {}

  void Accept() {
    acceptor.async_accept([self = shared_from_this()](const boost::system::error_code& error, Socket socket) {
      if (error == boost::asio::error::operation_aborted || !self->acceptor.is_open()) return;
      if (!error) {
        SetCloseOnExec(socket.native_handle());
        self->on_accept(std::move(socket));
      }
      self->Accept();
    });
  }

  Protocol::acceptor acceptor;
  const std::string path;
  const std::function<void(Socket)> on_accept;
};

absl::StatusOr<std::unique_ptr<UnixListener>> UnixListener::Listen(boost::asio::io_context& io, const std::string& path,
                                                                   std::function<void(Socket)> on_accept) {
  RETURN_IF_ERROR(CheckPath(path));
  ::unlink(path.c_str());
  auto state = std::make_shared<State>(io, path, std::move(on_accept));
  boost::system::error_code error;
  state->acceptor.open(Protocol(), error);
  if (!error) SetCloseOnExec(state->acceptor.native_handle());
  if (!error) state->acceptor.bind(Protocol::endpoint(path), error);
  if (!error) state->acceptor.listen(128, error);
  if (error) return absl::UnavailableError(fmt::format("cannot listen at {}: {}", path, error.message()));
  state->Accept();
  return std::unique_ptr<UnixListener>(new UnixListener(std::move(state)));
}

UnixListener::~UnixListener() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  ::unlink(state_->path.c_str());
}

absl::StatusOr<Protocol::socket> ConnectUnix(boost::asio::io_context& io, const std::string& path) {
  RETURN_IF_ERROR(CheckPath(path));
  Protocol::socket socket(io);
  boost::system::error_code error;
  socket.open(Protocol(), error);
  if (!error) SetCloseOnExec(socket.native_handle());
  if (!error) socket.connect(Protocol::endpoint(path), error);
  if (error) return absl::UnavailableError(fmt::format("cannot connect to {}: {}", path, error.message()));
  return socket;
}

}  // namespace freshet
