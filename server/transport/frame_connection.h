// Sends and receives length-prefixed frames over a connected socket.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "boost/asio/local/stream_protocol.hpp"

namespace freshet {

// What went over one connection.
struct Traffic {
  uint64_t frames_sent = 0;
  uint64_t bytes_sent = 0;
  uint64_t frames_received = 0;
  uint64_t bytes_received = 0;
  uint64_t bytes_queued = 0;  // given to Send and not yet taken by the system
};

// A frame on the wire: its length in 4 bytes (little-endian), then its bytes. A length above the limit, or an end
// within a frame, closes the connection with that reason: what comes after it could not be understood.
//
// The sending thread writes to the socket itself as long as the socket takes it, which saves a thread switch; the rest
// goes out on the I/O thread, many frames a system call. Nothing here bounds the queue: the protocols above do
// (credits, one answer a request).
class FrameConnection : public std::enable_shared_from_this<FrameConnection> {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;

  struct Handlers {
    // Whole frames in their order, on the I/O thread. The view ends with the call.
    std::function<void(std::string_view)> on_frame;
    // Once, on the I/O thread; OK: the peer closed between two frames. Not after Close.
    std::function<void(const absl::Status&)> on_closed;
  };

  static constexpr size_t kGatheredBytes = 128 << 10;
  static constexpr size_t kDefaultFrameBytesMax = size_t{256} << 20;

  // `socket` belongs to an io_context; the one thread that runs it is called the I/O thread here.
  static std::shared_ptr<FrameConnection> Make(Socket socket, size_t frame_bytes_max = kDefaultFrameBytesMax);
  ~FrameConnection();

  // Begins to receive. Once, on the I/O thread or before it runs.
  void Start(Handlers handlers);
  // Replaces the handlers, also from within one of them. I/O thread only.
  void SetHandlers(Handlers handlers);
  // Queues a frame. Any thread; never blocks. Dropped after a close. One that more follows waits for what follows it,
  // up to kGatheredBytes or Flush: each write wakes the peer, which costs as much as some thousand rows do.
  enum class Follow : uint8_t { kNothing, kMore };
  void Send(std::string frame, Follow follow = Follow::kNothing);
  // Ends the connection and calls no handler any more. I/O thread only.
  void Close();
  // Gives what is queued to the system; what it does not take now goes out on the I/O thread. Any thread.
  void Flush();

  Traffic traffic() const;
  // The process at the other end, as the system says; 0 = not known.
  int32_t PeerPid();

 private:
  static constexpr size_t kHeaderBytes = 4;
  struct Queued {
    std::array<char, kHeaderBytes> header;
    std::string frame;

    size_t size() const { return kHeaderBytes + frame.size(); }
  };

  FrameConnection(Socket socket, size_t frame_bytes_max);

  void Receive();
  absl::Status TakeFrames();
  void FailOnIoThread(const absl::Status& status);
  // Writes what the socket takes. With the lock held. False: an error.
  bool WriteQueued();
  // The same, and the rest on the I/O thread.
  void WriteOrWait();
  void WaitWritable();

  Socket socket_;
  const int fd_;
  const size_t frame_bytes_max_;
  std::shared_ptr<const Handlers> handlers_;  // nullptr: closed
  std::vector<char> buffer_;
  size_t begin_ = 0;  // of what is received and not yet taken
  size_t end_ = 0;

  std::mutex mutex_;
  bool closed_ = false;
  bool waiting_writable_ = false;
  std::deque<Queued> queue_;
  size_t front_sent_ = 0;  // bytes of the first that are out, its header included

  std::atomic<uint64_t> frames_sent_ = 0;
  std::atomic<uint64_t> bytes_sent_ = 0;
  std::atomic<uint64_t> frames_received_ = 0;
  std::atomic<uint64_t> bytes_received_ = 0;
  std::atomic<uint64_t> bytes_queued_ = 0;
};

}  // namespace freshet
