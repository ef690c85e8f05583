// A few bytes on the disk that say which epoch a shard runs. They outlive its process, however that ends, so the server
// can name the epoch that ended it.
#pragma once

#include <cstdint>
#include <string>

namespace freshet {

// Where the mark of a shard lies: `folder` is the one that its generation has for itself; empty: nowhere.
std::string EpochMarkPath(const std::string& folder, uint32_t shard);

class EpochMark {
 public:
  struct Value {
    uint64_t epoch = 0;  // 0: none runs, or it is not known
    uint64_t after = 0;  // the one that was committed before it; 0: none
  };

  // Makes the file. Where that fails (a full disk) nothing is marked, and nothing else suffers.
  explicit EpochMark(const std::string& path);
  ~EpochMark();
  EpochMark(const EpochMark&) = delete;
  EpochMark& operator=(const EpochMark&) = delete;

  // Costs one system call; in the hands of the system when it returns.
  void Set(Value value);

  static Value Read(const std::string& path);

 private:
  const int fd_;
};

}  // namespace freshet
