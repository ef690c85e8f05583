// A log's folder that a test changes behind the log's back: copies, truncations, flipped bits.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "fmt/format.h"
#include "server/storage/pipeline_log/log_reader.h"
#include "server/storage/pipeline_log/pipeline_log.h"
#include "server/storage/posix_disk.h"

namespace freshet {

class LogFolder {
 public:
  LogFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "freshet-log-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
  }
  ~LogFolder() { std::filesystem::remove_all(root_); }

  std::string path() const { return root_ + "/log"; }
  std::string FileOf(const std::string& name) const { return path() + "/" + name; }

  PipelineLogOptions Options(uint64_t generation) {
    PipelineLogOptions options;
    options.disk = disk_.get();
    options.folder = path();
    options.generation = Generation(generation);
    options.machine_run = "this one";
    return options;
  }
  Disk* disk() { return disk_.get(); }

  using Files = std::map<std::string, std::string>;
  Files Save() const {
    Files files;
    for (const auto& item : std::filesystem::directory_iterator(path())) {
      std::ifstream in(item.path(), std::ios::binary);
      files[item.path().filename()] = std::string(std::istreambuf_iterator<char>(in), {});
    }
    return files;
  }
  void Restore(const Files& files) const {
    std::filesystem::remove_all(path());
    std::filesystem::create_directory(path());
    for (const auto& [name, content] : files) std::ofstream(FileOf(name), std::ios::binary) << content;
  }

  // The records of the log of these kinds, as their bytes, and what stopped the reading.
  struct Content {
    std::vector<std::string> records;
    absl::Status status;
  };
  Content Read(LogPosition until) {
    Content content;
    LogReader reader(disk(), path(), LogPosition(),
                     {LogRecordKind::kRevision, LogRecordKind::kRequest, LogRecordKind::kCut, LogRecordKind::kHistory});
    while (true) {
      auto item = reader.Next(until);
      content.status = item.status();
      if (!item.ok() || !item->has_value()) return content;
      EncodeLogRecord((*item)->record, &content.records.emplace_back());
    }
  }
  // Opens it for `generation`, and reads all of it.
  Content OpenAndRead(uint64_t generation) {
    auto log = PipelineLog::Open(Options(generation));
    if (!log.ok()) return {{}, log.status()};
    return Read((*log)->durable());
  }

 private:
  std::string root_;
  const std::unique_ptr<Disk> disk_ = MakePosixDisk();
};

inline RequestRecord MakeRequest(int number, size_t body_bytes) {
  RequestRecord request;
  request.table_uid = "orders";
  request.format = "json";
  request.schema_version = 3;
  request.idempotency_key = fmt::format("key-{}", number);
  request.received_micros = 1'700'000'000'000'000 + number;
  std::mt19937 random(number);
  for (size_t i = 0; i < body_bytes; ++i) request.body.push_back(static_cast<char>(random()));
  return request;
}

inline CutRecord MakeCut(int number) {
  CutRecord cut;
  cut.epoch = Epoch(static_cast<uint64_t>(number));
  cut.clock_micros = 1'700'000'000'000'000 + number;
  cut.watermarks = {std::nullopt, 17 + number};
  cut.load = number < 3;
  cut.positions.resize(2);
  cut.positions[1]["data/orders.csv"] = Position{100 * number, number, 0xABCDEFull * number, "inode"};
  return cut;
}

inline std::string Encoded(const LogRecord& record) {
  std::string bytes;
  EncodeLogRecord(record, &bytes);
  return bytes;
}

}  // namespace freshet
