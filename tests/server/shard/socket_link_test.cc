#include "server/shard/exchange/socket_link.h"

#include <filesystem>
#include <thread>

#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/post.hpp"
#include "gtest/gtest.h"

namespace freshet {
namespace {

// Shards of one group with a link each, on one I/O thread.
class SocketLinkTest : public ::testing::Test {
 protected:
  SocketLinkTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~SocketLinkTest() override {
    io_.stop();
    thread_.join();
    links_.clear();
    std::filesystem::remove_all(folder_);
  }

  struct Seen {
    bool connected = false;
    int failures = 0;
    std::vector<std::pair<uint16_t, uint64_t>> credits;  // from, bytes
  };

  void Add(uint16_t shard, uint16_t count, uint64_t generation = 1) {
    SocketLink::Options options;
    options.self = {"uid", Generation(generation), ShardId(shard)};
    options.shard_count = count;
    options.folder = folder_;
    auto seen = std::make_shared<Seen>();
    seen_.push_back(seen);
    SocketLink::Handlers handlers;
    handlers.on_connected = [this, seen] { Under([&] { seen->connected = true; }); };
    handlers.on_frame = [this, seen](ShardId from, Frame frame) {
      Under([&] { seen->credits.emplace_back(from.value(), std::get<CreditFrame>(frame).bytes); });
    };
    handlers.on_failed = [this, seen](const absl::Status&) { Under([&] { ++seen->failures; }); };
    links_.push_back(std::make_unique<SocketLink>(io_, std::move(options), std::move(handlers)));
    boost::asio::post(io_, [link = links_.back().get()] { EXPECT_TRUE(link->Start().ok()); });
  }

  template <typename F>
  void Under(F f) {
    std::lock_guard lock(mutex_);
    f();
  }

  template <typename Condition>
  bool WaitFor(Condition condition) {
    for (int i = 0; i < 5000; ++i) {
      {
        std::lock_guard lock(mutex_);
        if (condition()) return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }

  const std::string folder_ = ::testing::TempDir() + "socket_link_test";
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  std::thread thread_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Seen>> seen_;
  std::vector<std::unique_ptr<SocketLink>> links_;
};

TEST_F(SocketLinkTest, ConnectsEveryPairInAnyOrderOfStarts) {
  for (uint16_t shard : {2, 0, 1}) Add(shard, 3);
  ASSERT_TRUE(WaitFor([&] { return seen_[0]->connected && seen_[1]->connected && seen_[2]->connected; }));
  // links_[0] is shard 2, [1] is 0, [2] is 1.
  for (uint64_t i = 0; i < 100; ++i) {
    links_[1]->Send(ShardId(2), CreditFrame{ExchangeId(0), i});
    links_[0]->Send(ShardId(1), CreditFrame{ExchangeId(0), i});
  }
  ASSERT_TRUE(WaitFor([&] { return seen_[0]->credits.size() == 100 && seen_[2]->credits.size() == 100; }));
  for (uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(seen_[0]->credits[i], std::pair(uint16_t{0}, i));
    EXPECT_EQ(seen_[2]->credits[i], std::pair(uint16_t{2}, i));
  }
  EXPECT_TRUE(seen_[1]->credits.empty());
  EXPECT_GT(links_[1]->traffic().bytes_sent, 100u);
}

TEST_F(SocketLinkTest, RefusesAnOlderGeneration) {
  Add(0, 2, /*generation=*/2);
  Add(1, 2, /*generation=*/1);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(WaitFor([&] { return seen_[1]->failures == 1; }));  // its link was closed
  EXPECT_FALSE(seen_[0]->connected);
  Add(1, 2, /*generation=*/2);
  EXPECT_TRUE(WaitFor([&] { return seen_[0]->connected && seen_[2]->connected; }));
  EXPECT_EQ(seen_[0]->failures, 0);
}

}  // namespace
}  // namespace freshet
