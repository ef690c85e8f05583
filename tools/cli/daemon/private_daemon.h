// Runs a freshetd of one's own, which ends with this process however that ends.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace freshet {

class PrivateDaemon {
 public:
  // Starts the freshetd that lies beside this program, else the one of PATH, on free ports, with files.root at the
  // current folder. `data_dir` is kept; empty: a temporary folder that goes with the daemon. Call it before other
  // threads run: it blocks SIGINT, SIGTERM and SIGHUP, and handles them by ending the daemon and then the process.
  // `settings`: further ones of the daemon, as NAME=VALUE.
  static absl::StatusOr<std::unique_ptr<PrivateDaemon>> Start(const std::string& data_dir,
                                                              const std::vector<std::string>& settings);
  // Ends the daemon and removes the temporary folder.
  ~PrivateDaemon();

  const std::string& grpc_address() const { return grpc_address_; }
  // The last lines of its log.
  std::string LogTail() const;

 private:
  struct Process;  // what must be ended

  PrivateDaemon() = default;

  absl::Status Launch();
  void AwaitServing();

  std::shared_ptr<Process> process_;  // shared with the thread that waits for signals
  std::string data_dir_;
  std::vector<std::string> settings_;
  std::pair<uint64_t, int64_t> endpoints_before_;  // the version of an earlier run's file
  std::string log_path_;
  std::string grpc_address_;
};

}  // namespace freshet
