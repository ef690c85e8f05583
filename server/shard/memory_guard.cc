#include "server/shard/memory_guard.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

namespace freshet {
namespace {

constexpr int64_t kIntervalMicros = 100'000;

}  // namespace

uint64_t ResidentBytes() {
  // No allocation here: memory may be what is short.
  char text[128] = {};
  int fd = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t size = ::read(fd, text, sizeof(text) - 1);
  ::close(fd);
  unsigned long long total = 0, resident = 0, shared = 0;
  if (size <= 0 || std::sscanf(text, "%llu %llu %llu", &total, &resident, &shared) != 3) return 0;
  return (resident - shared) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

bool MemoryGuard::IsAbove(int64_t now_micros) {
  if (now_micros >= next_micros_) {
    next_micros_ = now_micros + kIntervalMicros;
    bytes_ = ResidentBytes();
  }
  return limit_bytes_ != 0 && bytes_ > limit_bytes_;
}

}  // namespace freshet
