// Writes a sink's epochs to files of a folder, one open file for each shard, which readers can tell by its suffix:
//   counts-0-0000000000000005-0000000000000042.jsonl   epochs 5 to 42 of shard 0
//   counts-0-0000000000000043.jsonl.open               43 and what follows
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/columnar/types.h"
#include "server/connectors/api/sink_writer.h"
#include "server/connectors/files/sink_file_name.h"
#include "server/storage/disk.h"

namespace freshet {

class FilesSinkWriter final : public SinkWriter {
 public:
  struct Options {
    std::string folder;
    std::string sink;
    std::string pipeline;
    std::string pipeline_uid;
    Schema schema;
    bool csv = false;  // else JSON lines
    uint64_t roll_bytes = 64u << 20;
    uint64_t roll_seconds = 3600;
    uint32_t shard = 0;
    uint32_t shard_count = 1;
  };

  // Both outlive the writer.
  FilesSinkWriter(Options options, Disk* disk, const Clock* clock)
      : options_(std::move(options)), disk_(disk), clock_(clock) {}

  Epoch DoneBefore(const SinkStart&) const override { return Epoch(); }
  absl::Status Open(const SinkStart& start) override;
  void Add(SinkEpoch epoch) override { epochs_.push_back(std::move(epoch)); }
  absl::Status Step(int wait_ms) override;
  bool HasWork() const override { return !epochs_.empty(); }
  int64_t NextWakeMicros() const override;
  absl::Status Finish() override { return Roll(); }
  SinkProgress TakeProgress() override;

 private:
  absl::Status CheckOwner(const SinkStart& start, const std::vector<std::string>& names, bool* begins_anew);
  absl::Status RemoveOld(const std::vector<std::string>& names);
  absl::Status WriteOwner(const SinkStart& start);
  // Cuts the open file behind its last epoch that is surely whole.
  absl::Status Recover(const SinkFileName& open_file);
  absl::Status OpenNew(Epoch first);
  absl::Status WriteEpoch(const SinkEpoch& epoch);
  absl::Status Flush(std::string* text);
  // Takes the end off that a failed write may have left.
  absl::Status Restore();
  absl::Status Sync();
  absl::Status Roll();
  std::string PathOf(const std::string& name) const { return options_.folder + "/" + name; }
  std::string OwnerName() const;

  const Options options_;
  Disk* const disk_;
  const Clock* const clock_;
  std::deque<SinkEpoch> epochs_;

  std::unique_ptr<DiskFile> file_;  // nullptr: none is open
  SinkFileName name_;
  uint64_t durable_ = 0;  // bytes up to the last epoch that is done
  uint64_t whole_ = 0;    // bytes up to the last epoch that is written wholly
  uint64_t at_ = 0;       // where the next bytes go
  bool dirty_ = false;    // there may be more than whole_
  size_t unsynced_ = 0;   // of epochs_, those that are written and not durable yet
  Epoch last_;            // in the file, or in the one before
  int64_t opened_micros_ = 0;

  Epoch written_;  // epochs up to it stand in files
  Epoch done_;     // durably
  uint64_t records_ = 0;
  uint64_t epoch_records_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace freshet
