#include "server/shard/control_link.h"

#include "engine/base/check.h"
#include "server/transport/parse_message.h"
#include "server/transport/unix_socket.h"
#include "spdlog/spdlog.h"

namespace freshet {

absl::Status ControlLink::Connect(const std::string& path, const v1::ShardHello& hello) {
  ASSIGN_OR_RETURN(FrameConnection::Socket socket, ConnectUnix(io_, path));
  connection_ = FrameConnection::Make(std::move(socket));
  connection_->Start({
      .on_frame =
          [this](std::string_view bytes) {
            v1::ToShard message;
            if (!ParseMessage(bytes, &message)) {
              spdlog::error("a message of the server cannot be read; ending");
              inbox_->Push(ServerGone());
              return;
            }
            inbox_->Push(std::move(message));
          },
      .on_closed = [this](const absl::Status&) { inbox_->Push(ServerGone()); },
  });
  v1::FromShard first;
  *first.mutable_hello() = hello;
  Send(first);
  return absl::OkStatus();
}

void ControlLink::Send(const v1::FromShard& message) { connection_->Send(message.SerializeAsString()); }

void ControlLink::Flush() { connection_->Flush(); }

}  // namespace freshet
