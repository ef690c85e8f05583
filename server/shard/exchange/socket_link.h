// Connects the shards of one group: one Unix socket per pair, of which the shard with the larger number connects and
// the other accepts. The first frame of each link says pipeline, generation and shard; others than expected are
// refused.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "engine/runtime/link.h"
#include "server/shard/exchange/frame_codec.h"
#include "server/transport/frame_connection.h"
#include "server/transport/unix_socket.h"

namespace freshet {

class SocketLink : public Link {
 public:
  struct Options {
    ExchangeHello self;
    uint16_t shard_count = 1;
    std::string folder;  // sockets are {folder}/{shard}
    std::vector<std::vector<DataType>> exchange_types;
  };
  // All on the thread that runs `io`. A failed link ends the group.
  struct Handlers {
    std::function<void()> on_connected;  // to all other shards
    std::function<void(ShardId from, Frame frame)> on_frame;
    std::function<void(const absl::Status&)> on_failed;
  };

  SocketLink(boost::asio::io_context& io, Options options, Handlers handlers);

  // Listens, and connects to the shards with smaller numbers, again until they listen.
  absl::Status Start();
  // Any thread, once all are connected. Rows may wait for what follows them, up to Flush.
  void Send(ShardId to, Frame frame) override;
  void Flush();

  // Summed over all links.
  Traffic traffic() const;

 private:
  void Connect(ShardId peer);
  void Accepted(FrameConnection::Socket socket);
  void Adopt(ShardId peer, std::shared_ptr<FrameConnection> connection);
  FrameConnection::Handlers HandlersOf(ShardId peer);

  boost::asio::io_context& io_;
  const Options options_;
  const Handlers handlers_;
  std::unique_ptr<UnixListener> listener_;
  std::vector<std::unique_ptr<boost::asio::steady_timer>> timers_;  // by peer, of the next try
  std::vector<std::shared_ptr<FrameConnection>> connections_;       // by peer
  std::vector<std::shared_ptr<FrameConnection>> unnamed_;           // accepted, no hello yet
  uint16_t connected_ = 0;
};

}  // namespace freshet
