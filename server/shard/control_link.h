// The link of a shard to its server: ToShard messages come into the inbox, FromShard messages go out.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "boost/asio/io_context.hpp"
#include "freshet/v1/shard_service.pb.h"
#include "server/shard/inbox.h"
#include "server/transport/frame_connection.h"

namespace freshet {

class ControlLink {
 public:
  ControlLink(boost::asio::io_context& io, Inbox* inbox) : io_(io), inbox_(inbox) {}

  // Connects and says hello. Before the I/O thread runs.
  absl::Status Connect(const std::string& path, const v1::ShardHello& hello);
  // Any thread; never blocks.
  void Send(const v1::FromShard& message);
  // Gives what is queued to the system, before the process ends.
  void Flush();

 private:
  boost::asio::io_context& io_;
  Inbox* const inbox_;
  std::shared_ptr<FrameConnection> connection_;
};

}  // namespace freshet
