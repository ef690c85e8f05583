// Bounds the bytes of request bodies that all connections hold together.
#pragma once

#include <atomic>
#include <cstdint>

#include "server/metrics/metrics.h"

namespace freshet {

// Thread-safe.
class BodyBudget {
 public:
  BodyBudget(uint64_t bytes_max, ServerMetrics& metrics) : bytes_max_(bytes_max), metrics_(metrics) {}

  uint64_t bytes_max() const { return bytes_max_; }

  // What one request holds of it; given back at its end. On one thread at a time.
  class Share {
   public:
    explicit Share(BodyBudget& budget) : budget_(budget) {}
    ~Share() { Release(); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    // The body has so many bytes now. False: there is no room for those that came; what it held before stays.
    [[nodiscard]] bool GrowTo(uint64_t bytes);
    void Release();

   private:
    BodyBudget& budget_;
    uint64_t bytes_ = 0;
  };

 private:
  const uint64_t bytes_max_;
  ServerMetrics& metrics_;
  std::atomic<uint64_t> bytes_ = 0;
};

}  // namespace freshet
