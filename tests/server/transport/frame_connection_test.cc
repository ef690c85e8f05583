#include "server/transport/frame_connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>

#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/post.hpp"
#include "gtest/gtest.h"
#include "server/transport/unix_socket.h"

namespace freshet {
namespace {

using Socket = FrameConnection::Socket;

// Two ends of a socket pair on one I/O thread.
class FrameConnectionTest : public ::testing::Test {
 protected:
  FrameConnectionTest() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    left_fd_ = fds[0];
    left_ = FrameConnection::Make(Adopt(fds[0]), kLimit);
    right_ = FrameConnection::Make(Adopt(fds[1]), kLimit);
    FrameConnection::Handlers handlers{.on_frame = [this](std::string_view frame) { Received(frame); },
                                       .on_closed =
                                           [this](const absl::Status& status) {
                                             closed_status_ = status;
                                             closed_ = true;
                                           }};
    right_->Start(std::move(handlers));
    thread_ = std::thread([this] { io_.run(); });
  }

  ~FrameConnectionTest() override {
    boost::asio::post(io_, [this] {
      left_->Close();
      right_->Close();
    });
    work_.reset();
    thread_.join();
  }

  Socket Adopt(int fd) {
    Socket socket(io_);
    socket.assign(boost::asio::local::stream_protocol(), fd);
    return socket;
  }

  void Received(std::string_view frame) {
    std::lock_guard lock(mutex_);
    frames_.emplace_back(frame);
    count_ = frames_.size();
  }

  template <typename Condition>
  bool WaitFor(Condition condition) {
    for (int i = 0; i < 20'000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return condition();
  }

  static constexpr size_t kLimit = 32 << 20;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  int left_fd_ = -1;
  std::shared_ptr<FrameConnection> left_;
  std::shared_ptr<FrameConnection> right_;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<std::string> frames_;
  std::atomic<size_t> count_ = 0;
  std::atomic<bool> closed_ = false;
  absl::Status closed_status_;
};

TEST_F(FrameConnectionTest, KeepsFramesWholeAndInOrder) {
  std::mt19937 random(7);
  std::vector<std::string> sent;
  size_t bytes = 0;
  for (int i = 0; i < 2000; ++i) {
    size_t size = i % 100 == 0 ? random() % (2 << 20) : random() % 300;
    std::string frame(size, static_cast<char>(random()));
    bytes += size + 4;
    sent.push_back(frame);
    left_->Send(std::move(frame));
  }
  ASSERT_TRUE(WaitFor([&] { return count_ == sent.size(); }));
  EXPECT_TRUE(frames_ == sent);
  EXPECT_EQ(left_->traffic().frames_sent, sent.size());
  EXPECT_EQ(left_->traffic().bytes_sent, bytes);
  EXPECT_EQ(left_->traffic().bytes_queued, 0u);
  EXPECT_EQ(right_->traffic().bytes_received, bytes);
  EXPECT_EQ(right_->traffic().frames_received, sent.size());
}

TEST_F(FrameConnectionTest, GathersFramesThatMoreFollow) {
  using Follow = FrameConnection::Follow;
  left_->Send("a", Follow::kMore);
  left_->Send("b", Follow::kMore);
  EXPECT_EQ(left_->traffic().bytes_queued, 10u);
  left_->Send("c");
  EXPECT_TRUE(WaitFor([&] { return count_ == 3; }));
  left_->Send("d", Follow::kMore);
  EXPECT_EQ(left_->traffic().bytes_queued, 5u);
  left_->Flush();
  EXPECT_TRUE(WaitFor([&] { return count_ == 4; }));
  left_->Send(std::string(FrameConnection::kGatheredBytes, 'e'), Follow::kMore);
  EXPECT_TRUE(WaitFor([&] { return count_ == 5; }));
  EXPECT_EQ(frames_[0] + frames_[1] + frames_[2] + frames_[3], "abcd");
}

TEST_F(FrameConnectionTest, SendsFromSeveralThreads) {
  constexpr int kThreads = 4, kFrames = 500;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < kFrames; ++i) left_->Send(std::string(5000, static_cast<char>('a' + t)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(WaitFor([&] { return count_ == kThreads * kFrames; }));
  for (const std::string& frame : frames_) EXPECT_EQ(frame, std::string(5000, frame[0]));
}

TEST_F(FrameConnectionTest, TellsThatThePeerClosed) {
  left_->Send("last");
  ::shutdown(left_fd_, SHUT_WR);
  ASSERT_TRUE(WaitFor([&] { return closed_.load(); }));
  EXPECT_TRUE(closed_status_.ok());
  ASSERT_EQ(count_, 1u);
  EXPECT_EQ(frames_[0], "last");
}

TEST_F(FrameConnectionTest, RefusesAFrameAboveTheLimit) {
  uint32_t length = kLimit + 1;
  ASSERT_EQ(::write(left_fd_, &length, 4), 4);
  ASSERT_TRUE(WaitFor([&] { return closed_.load(); }));
  EXPECT_EQ(closed_status_.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(FrameConnectionTest, TellsAnEndWithinAFrame) {
  uint32_t length = 100;
  ASSERT_EQ(::write(left_fd_, &length, 4), 4);
  ASSERT_EQ(::write(left_fd_, "abc", 3), 3);
  ::shutdown(left_fd_, SHUT_WR);
  ASSERT_TRUE(WaitFor([&] { return closed_.load(); }));
  EXPECT_EQ(closed_status_.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(count_, 0u);
}

TEST_F(FrameConnectionTest, TakesEmptyFramesAndByteByByte) {
  std::string wire = {0, 0, 0, 0, 2, 0, 0, 0, 'h', 'i'};
  for (char byte : wire) {
    ASSERT_EQ(::write(left_fd_, &byte, 1), 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_TRUE(WaitFor([&] { return count_ == 2; }));
  EXPECT_EQ(frames_[0], "");
  EXPECT_EQ(frames_[1], "hi");
}

TEST(UnixListenerTest, ReplacesAStaleSocketAndRefusesLongPaths) {
  boost::asio::io_context io;
  std::string path = ::testing::TempDir() + "listener_test";
  int accepted = 0;
  {
    auto stale = UnixListener::Listen(io, path, [](Socket) {});
    ASSERT_TRUE(stale.ok()) << stale.status();
    ASSERT_EQ(::link(path.c_str(), (path + ".kept").c_str()), 0);
  }
  ASSERT_EQ(::rename((path + ".kept").c_str(), path.c_str()), 0);  // as a killed process leaves it
  EXPECT_FALSE(ConnectUnix(io, path).ok());
  auto listener = UnixListener::Listen(io, path, [&](Socket) { ++accepted; });
  ASSERT_TRUE(listener.ok()) << listener.status();
  auto socket = ConnectUnix(io, path);
  ASSERT_TRUE(socket.ok()) << socket.status();
  while (accepted == 0) io.run_one();
  EXPECT_EQ(FrameConnection::Make(std::move(*socket))->PeerPid(), ::getpid());
  EXPECT_FALSE(UnixListener::Listen(io, std::string(200, 'x'), [](Socket) {}).ok());
}

}  // namespace
}  // namespace freshet
