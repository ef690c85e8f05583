#include "server/transport/frame_connection.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "boost/asio/buffer.hpp"
#include "boost/asio/post.hpp"
#include "engine/base/check.h"
#include "fmt/format.h"

namespace freshet {
namespace {

constexpr size_t kBufferBytes = 64 * 1024;
constexpr size_t kBusyBufferBytes = 256 * 1024;
// A buffer that one large frame made larger is given back.
constexpr size_t kKeptBufferBytes = 1024 * 1024;
constexpr size_t kFramesPerWrite = 64;

uint32_t ReadLength(const char* bytes) {
  uint32_t length;
  std::memcpy(&length, bytes, sizeof(length));
  return length;
}

}  // namespace

std::shared_ptr<FrameConnection> FrameConnection::Make(Socket socket, size_t frame_bytes_max) {
  return std::shared_ptr<FrameConnection>(new FrameConnection(std::move(socket), frame_bytes_max));
}

FrameConnection::FrameConnection(Socket socket, size_t frame_bytes_max)
    : socket_(std::move(socket)), fd_(socket_.native_handle()), frame_bytes_max_(frame_bytes_max) {
  CHECK(frame_bytes_max < UINT32_MAX);
  boost::system::error_code error;
  socket_.native_non_blocking(true, error);
}

FrameConnection::~FrameConnection() = default;

void FrameConnection::Start(Handlers handlers) {
  SetHandlers(std::move(handlers));
  buffer_.resize(kBufferBytes);
  Receive();
}

void FrameConnection::SetHandlers(Handlers handlers) {
  handlers_ = std::make_shared<const Handlers>(std::move(handlers));
}

void FrameConnection::Receive() {
  if (end_ == buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    // More comes than fits: a larger read wakes this thread less often.
    if (buffer_.size() < kBusyBufferBytes) buffer_.resize(2 * buffer_.size());
  }
  socket_.async_read_some(boost::asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
                          [self = shared_from_this()](const boost::system::error_code& error, size_t size) {
                            if (self->handlers_ == nullptr) return;  // closed
                            if (error) {
                              bool clean = error == boost::asio::error::eof && self->begin_ == self->end_;
                              self->FailOnIoThread(clean ? absl::OkStatus() : absl::UnavailableError(error.message()));
                              return;
                            }
                            self->end_ += size;
                            self->bytes_received_ += size;
                            if (absl::Status status = self->TakeFrames(); !status.ok()) {
                              self->FailOnIoThread(status);
                            } else if (self->handlers_ != nullptr) {
                              self->Receive();
                            }
                          });
}

absl::Status FrameConnection::TakeFrames() {
  while (end_ - begin_ >= kHeaderBytes) {
    size_t length = ReadLength(buffer_.data() + begin_);
    if (length > frame_bytes_max_) {
      return absl::InvalidArgumentError(
          fmt::format("a frame of {} bytes is above the limit of {}", length, frame_bytes_max_));
    }
    size_t whole = kHeaderBytes + length;
    if (end_ - begin_ < whole) {
      if (buffer_.size() - begin_ < whole) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        // Grows with what has really come, so that a wrong length alone takes no memory.
        if (buffer_.size() < whole && end_ == buffer_.size()) buffer_.resize(std::min(whole, buffer_.size() * 2));
      }
      return absl::OkStatus();
    }
    ++frames_received_;
    begin_ += whole;
    // Kept for the call: it may replace the handlers or close the connection.
    std::shared_ptr<const Handlers> handlers = handlers_;
    handlers->on_frame({buffer_.data() + begin_ - length, length});
    if (handlers_ == nullptr) return absl::OkStatus();  // it closed the connection
  }
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (buffer_.size() > kKeptBufferBytes) buffer_ = std::vector<char>(kBufferBytes);
  }
  return absl::OkStatus();
}

void FrameConnection::Send(std::string frame, Follow follow) {
  CHECK(frame.size() <= frame_bytes_max_) << frame.size();
  const auto length = static_cast<uint32_t>(frame.size());
  Queued queued{{}, std::move(frame)};
  std::memcpy(queued.header.data(), &length, kHeaderBytes);

  std::lock_guard lock(mutex_);
  if (closed_) return;
  ++frames_sent_;
  bytes_queued_ += queued.size();
  queue_.push_back(std::move(queued));
  if (follow == Follow::kNothing || bytes_queued_ >= kGatheredBytes) WriteOrWait();
}

void FrameConnection::WriteOrWait() {
  if (waiting_writable_) return;
  // An error here is seen by the reader too, which tells it.
  if (WriteQueued() && !queue_.empty()) {
    waiting_writable_ = true;
    boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->WaitWritable(); });
  }
}

bool FrameConnection::WriteQueued() {
  while (!queue_.empty()) {
    iovec pieces[2 * kFramesPerWrite];
    size_t count = 0;
    for (Queued& queued : queue_) {
      if (count + 2 > std::size(pieces)) break;
      const size_t skip = count == 0 ? front_sent_ : 0;
      const size_t header_skip = std::min(skip, kHeaderBytes);
      const size_t frame_skip = skip - header_skip;
      pieces[count++] = {queued.header.data() + header_skip, kHeaderBytes - header_skip};
      pieces[count++] = {queued.frame.data() + frame_skip, queued.frame.size() - frame_skip};
    }
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = count;
    ssize_t written = ::sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
      queue_.clear();
      bytes_queued_ = 0;
      closed_ = true;
      return false;
    }
    bytes_sent_ += static_cast<uint64_t>(written);
    bytes_queued_ -= static_cast<uint64_t>(written);
    auto left = static_cast<size_t>(written);
    while (left > 0) {
      size_t rest = queue_.front().size() - front_sent_;
      if (left < rest) {
        front_sent_ += left;
        break;
      }
      left -= rest;
      front_sent_ = 0;
      queue_.pop_front();
    }
  }
  return true;
}

void FrameConnection::WaitWritable() {
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const boost::system::error_code& error) {
    std::lock_guard lock(self->mutex_);
    if (error || self->closed_ || !self->WriteQueued() || self->queue_.empty()) {
      self->waiting_writable_ = false;
      return;
    }
    self->WaitWritable();
  });
}

void FrameConnection::Flush() {
  std::lock_guard lock(mutex_);
  if (!closed_ && !queue_.empty()) WriteOrWait();
}

void FrameConnection::Close() {
  handlers_ = nullptr;
  std::lock_guard lock(mutex_);
  closed_ = true;
  queue_.clear();
  bytes_queued_ = 0;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void FrameConnection::FailOnIoThread(const absl::Status& status) {
  std::shared_ptr<const Handlers> handlers = handlers_;
  Close();
  if (handlers->on_closed != nullptr) handlers->on_closed(status);
}

Traffic FrameConnection::traffic() const {
  return {frames_sent_, bytes_sent_, frames_received_, bytes_received_, bytes_queued_};
}

int32_t FrameConnection::PeerPid() {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  return ::getsockopt(fd_, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 ? credentials.pid : 0;
}

}  // namespace freshet
