#include "server/shard/exchange/socket_link.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"

namespace freshet {
namespace {

constexpr auto kConnectInterval = std::chrono::milliseconds(5);

std::string PathOf(const std::string& folder, ShardId shard) { return fmt::format("{}/{}", folder, shard.value()); }

}  // namespace

SocketLink::SocketLink(boost::asio::io_context& io, Options options, Handlers handlers)
    : io_(io), options_(std::move(options)), handlers_(std::move(handlers)), connections_(options_.shard_count) {}

absl::Status SocketLink::Start() {
  uint16_t self = options_.self.shard.value();
  if (self + 1 < options_.shard_count) {
    ASSIGN_OR_RETURN(listener_,
                     UnixListener::Listen(io_, PathOf(options_.folder, options_.self.shard),
                                          [this](FrameConnection::Socket socket) { Accepted(std::move(socket)); }));
  }
  for (uint16_t peer = 0; peer < self; ++peer) {
    timers_.push_back(std::make_unique<boost::asio::steady_timer>(io_));
    Connect(ShardId(peer));
  }
  if (options_.shard_count == 1) handlers_.on_connected();
  return absl::OkStatus();
}

void SocketLink::Connect(ShardId peer) {
  auto socket = ConnectUnix(io_, PathOf(options_.folder, peer));
  if (!socket.ok()) {  // it does not listen yet; the server's timeout bounds how long that may take
    auto& timer = *timers_[peer.value()];
    timer.expires_after(kConnectInterval);
    timer.async_wait([this, peer](const boost::system::error_code& error) {
      if (!error) Connect(peer);
    });
    return;
  }
  auto connection = FrameConnection::Make(*std::move(socket));
  connection->Start(HandlersOf(peer));
  connection->Send(EncodeHello(options_.self));
  Adopt(peer, std::move(connection));
}

void SocketLink::Accepted(FrameConnection::Socket socket) {
  auto connection = FrameConnection::Make(std::move(socket));
  unnamed_.push_back(connection);
  auto forget = [this, raw = connection.get()] {
    std::erase_if(unnamed_, [&](const auto& each) { return each.get() == raw; });
  };
  connection->Start({
      .on_frame =
          [this, raw = connection.get(), forget](std::string_view bytes) {
            std::shared_ptr<FrameConnection> self = raw->shared_from_this();
            auto hello = DecodeHello(bytes);
            bool expected = hello.ok() && hello->pipeline_uid == options_.self.pipeline_uid &&
                            hello->generation == options_.self.generation && hello->shard > options_.self.shard &&
                            hello->shard.value() < options_.shard_count &&
                            connections_[hello->shard.value()] == nullptr;
            forget();
            if (!expected) {  // of an older generation, or nothing of ours: it is not let in, and harms nobody
              self->Close();
              return;
            }
            self->SetHandlers(HandlersOf(hello->shard));
            Adopt(hello->shard, std::move(self));
          },
      .on_closed = [forget](const absl::Status&) { forget(); },
  });
}

FrameConnection::Handlers SocketLink::HandlersOf(ShardId peer) {
  return {
      .on_frame =
          [this, peer](std::string_view bytes) {
            auto frame = DecodeFrame(bytes, options_.exchange_types);
            if (!frame.ok()) {
              handlers_.on_failed(frame.status());
              return;
            }
            handlers_.on_frame(peer, *std::move(frame));
          },
      .on_closed =
          [this, peer](const absl::Status& status) {
            handlers_.on_failed(absl::UnavailableError(
                fmt::format("the link to shard {} is closed {}", peer.value(), StdView(status.message()))));
          },
  };
}

void SocketLink::Adopt(ShardId peer, std::shared_ptr<FrameConnection> connection) {
  connections_[peer.value()] = std::move(connection);
  if (++connected_ == options_.shard_count - 1) handlers_.on_connected();
}

void SocketLink::Send(ShardId to, Frame frame) {
  CHECK(connections_[to.value()] != nullptr);
  const bool rows = std::holds_alternative<DataFrame>(frame);
  connections_[to.value()]->Send(EncodeFrame(frame),
                                 rows ? FrameConnection::Follow::kMore : FrameConnection::Follow::kNothing);
}

void SocketLink::Flush() {
  for (const auto& connection : connections_) {
    if (connection != nullptr) connection->Flush();
  }
}

Traffic SocketLink::traffic() const {
  Traffic sum;
  for (const auto& connection : connections_) {
    if (connection == nullptr) continue;
    Traffic one = connection->traffic();
    sum.frames_sent += one.frames_sent;
    sum.bytes_sent += one.bytes_sent;
    sum.frames_received += one.frames_received;
    sum.bytes_received += one.bytes_received;
    sum.bytes_queued += one.bytes_queued;
  }
  return sum;
}

}  // namespace freshet
