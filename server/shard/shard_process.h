// The role `shard`: one operating-system process with one compute thread, and an I/O thread for its links.
#pragma once

#include <cstdint>
#include <string>

namespace freshet {

struct ShardProcessOptions {
  std::string control_path;  // the server's socket
  std::string lock_path;     // held shared while the process lives, so that a later group knows when this one is gone
  std::string pipeline_uid;
  uint64_t generation = 0;
  uint32_t shard = 0;
};

// Runs until the server stops it or is gone, or the pipeline cannot go on. The exit code of the process.
int RunShardProcess(const ShardProcessOptions& options);

}  // namespace freshet
