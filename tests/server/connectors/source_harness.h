// Runs sources for tests as a shard does: takes what is ready, cuts, and collects rows and dead letters.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/str_cat.h"
#include "engine/columnar/datum.h"
#include "server/connectors/api/connector.h"

namespace freshet {

// A folder of files that goes with the test.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = ::testing::TempDir() + "freshet_files_XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }
  void Write(const std::string& name, std::string_view text) const { Put(name, text, std::ios::trunc); }
  void Append(const std::string& name, std::string_view text) const { Put(name, text, std::ios::app); }

 private:
  void Put(const std::string& name, std::string_view text, std::ios::openmode mode) const {
    std::filesystem::path full = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary | mode) << text;
  }
  std::string path_;
};

inline v1::Column MakeColumn(std::string name, v1::TypeKind kind, bool not_null = false) {
  v1::Column column;
  column.set_name(std::move(name));
  column.mutable_type()->set_kind(kind);
  column.set_not_null(not_null);
  return column;
}

using Options = std::map<std::string, std::string>;

// A source of a table `t` with all of its columns wanted.
inline v1::PhysicalSource MakeSource(std::string connector, std::vector<v1::Column> columns, const Options& options,
                                     std::vector<std::string> key = {}) {
  v1::PhysicalSource source;
  source.set_table("t");
  source.set_source("t/0");
  source.mutable_declaration()->set_name("t");
  for (uint32_t i = 0; i < columns.size(); ++i) {
    *source.mutable_declaration()->add_columns() = std::move(columns[i]);
    source.add_columns(i);
  }
  for (std::string& name : key) source.mutable_declaration()->add_primary_key(std::move(name));
  source.mutable_binding()->set_connector(std::move(connector));
  for (const auto& [name, value] : options) (*source.mutable_binding()->mutable_options())[name] = value;
  return source;
}

// One shard's source and what it gave.
class SourceRun {
 public:
  SourceRun(const Connector& connector, const v1::PhysicalSource& source, const v1::SourceExtent& extent,
            std::string files_root = {}, uint32_t shard = 0, uint32_t shard_count = 1, uint64_t queue_bytes = 1 << 20) {
    SourceContext context;
    context.pipeline = "p";
    context.files_root = std::move(files_root);
    context.shard = ShardId(static_cast<uint16_t>(shard));
    context.shard_count = shard_count;
    context.queue_bytes = queue_bytes;
    context.wake = [this] {
      std::lock_guard lock(mutex_);
      woken_ = true;
      changed_.notify_all();
    };
    auto made = connector.Open(source, extent, context);
    EXPECT_TRUE(made.ok()) << made.status();
    if (made.ok()) source_ = *std::move(made);
  }

  ConnectorSource& source() { return *source_; }
  void Open(const Positions& from = {}, const std::optional<Positions>& until = std::nullopt) {
    absl::Status status = source_->Open(from, until);
    EXPECT_TRUE(status.ok()) << status;
  }

  // Takes until `done` holds, at most 20 s. The rows in sorted order, `w | a, b`.
  template <typename Done>
  bool TakeUntil(Done done) {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (true) {
      TakeAll();
      if (done()) return true;
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(50), [&] { return woken_; });
      woken_ = false;
      if (std::chrono::steady_clock::now() > deadline) return false;
    }
  }
  bool TakeUntilFinished() {
    return TakeUntil([&] { return source_->Progress().finished || !source_->Health().ok(); });
  }
  bool TakeRows(size_t count) {
    return TakeUntil([&] { return rows_.size() >= count; });
  }

  // Takes one batch and cuts there; false: nothing came.
  bool TakeOneAndCut(Positions* cut) {
    bool took = TakeUntil([&] { return false; }, 1);
    *cut = source_->TakePositions();
    return took;
  }

  std::vector<std::string> Rows() {
    std::vector<std::string> sorted = rows_;
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }
  const std::vector<std::string>& rows_in_order() const { return rows_; }
  // `CODE partition position`, after a cut.
  std::vector<std::string> DeadLetters() {
    source_->SealDeadLetters(Epoch(7));
    std::vector<std::string> lines;
    for (const v1::DeadLetter& letter : source_->DeadLetters(Epoch(UINT64_MAX), {}, 1000)) {
      lines.push_back(StrCat(letter.code(), " ", letter.partition(), " ", letter.position()));
    }
    return lines;
  }
  void Forget() { rows_.clear(); }

 private:
  void TakeAll() {
    while (TakeOne()) {
    }
  }
  bool TakeOne() {
    std::optional<DeltaBatch> batch = source_->Take();
    if (!batch) return false;
    EXPECT_LE(batch->size(), kBatchRows);
    for (uint32_t row = 0; row < batch->size(); ++row) {
      std::string line = StrCat(batch->WeightAt(row), " |");
      for (uint32_t c = 0; c < batch->column_count(); ++c) {
        const Column& column = batch->column(ColumnIndex(c));
        StrAppend(&line, c == 0 ? " " : ", ", FormatDatum(DatumAt(column, row), column.type()));
      }
      rows_.push_back(std::move(line));
    }
    return true;
  }
  template <typename Never>
  bool TakeUntil(Never, int) {
    for (int i = 0; i < 400; ++i) {
      if (TakeOne()) return true;
      if (source_->Progress().finished) return false;
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(5), [&] { return woken_; });
      woken_ = false;
    }
    return false;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  std::vector<std::string> rows_;
  std::unique_ptr<ConnectorSource> source_;
};

}  // namespace freshet
