// Exactness: the rows of an epoch are sorted, so that an epoch that comes again gives the same bytes. What is written
// is known from the folder: whole files by their names; the open one by its lines, of which the last epoch's may be a
// part and is cut off: it comes again. Epochs up to there are left out when they come again.
// The file `.{sink}-{shard}.freshet` says which history of which pipeline the files are of.
#include "server/connectors/files/files_sink_writer.h"

#include <algorithm>
#include <charconv>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/columnar/key_columns.h"
#include "engine/columnar/row_codec.h"
#include "server/errors/error_list.h"
#include "server/formats/api/row_json.h"
#include "server/storage/failpoint.h"

namespace freshet {
namespace {

constexpr size_t kBlock = 1 << 20;

struct RowRef {
  uint32_t batch;
  uint32_t row;
};

// By all columns, then by weight, then (1.0 and 1.00) by form.
std::vector<RowRef> SortedRows(const std::vector<DeltaBatch>& batches) {
  std::vector<RowRef> rows;
  for (uint32_t batch = 0; batch < batches.size(); ++batch) {
    for (uint32_t row = 0; row < batches[batch].size(); ++row) rows.push_back({batch, row});
  }
  std::sort(rows.begin(), rows.end(), [&](RowRef a, RowRef b) {
    const DeltaBatch& left = batches[a.batch];
    const DeltaBatch& right = batches[b.batch];
    KeyColumns all;
    for (uint32_t i = 0; i < left.column_count(); ++i) {
      auto order = CompareCells(left.column(ColumnIndex(i)), a.row, right.column(ColumnIndex(i)), b.row);
      if (order != 0) return order < 0;
      all.emplace_back(i);
    }
    if (left.WeightAt(a.row) != right.WeightAt(b.row)) return left.WeightAt(a.row) < right.WeightAt(b.row);
    std::string left_bytes, right_bytes;
    EncodeRow(left, all, a.row, &left_bytes);
    EncodeRow(right, all, b.row, &right_bytes);
    return left_bytes < right_bytes;
  });
  return rows;
}

// Finds where the lines of the last epoch begin. Lines are {"epoch":N,... or N,...; the text of a CSV field may have
// line ends, between quotes.
class EpochScan {
 public:
  explicit EpochScan(bool csv) : csv_(csv), header_(csv) {}

  void Add(std::string_view block) {
    for (char c : block) {
      if (csv_ && c == '"') quoted_ = !quoted_;
      ++offset_;
      if (c == '\n' && !quoted_) {
        EndLine();
      } else if (start_.size() < 40) {
        start_.push_back(c);
      }
    }
  }

  struct Result {
    Epoch last;               // of whole lines
    uint64_t last_begin = 0;  // where its lines begin
    Epoch before;             // the epoch before it
  };
  const Result& result() const { return result_; }

 private:
  void EndLine() {
    std::string_view text = start_;
    if (header_) {
      header_ = false;
      result_.last_begin = offset_;
    } else {
      constexpr std::string_view kPrefix = "{\"epoch\":";
      if (!csv_) text = text.starts_with(kPrefix) ? text.substr(kPrefix.size()) : std::string_view();
      uint64_t epoch = 0;
      std::from_chars(text.data(), text.data() + text.size(), epoch);
      if (Epoch(epoch) != result_.last) {
        result_.before = result_.last;
        result_.last = Epoch(epoch);
        result_.last_begin = line_begin_;
      }
    }
    line_begin_ = offset_;
    start_.clear();
  }

  const bool csv_;
  bool header_;
  bool quoted_ = false;
  uint64_t offset_ = 0;
  uint64_t line_begin_ = 0;
  std::string start_;
  Result result_;
};

}  // namespace

std::string FilesSinkWriter::OwnerName() const { return StrCat(".", options_.sink, "-", options_.shard, ".freshet"); }

absl::Status FilesSinkWriter::Open(const SinkStart& start) {
  RETURN_IF_ERROR(disk_->MakeFolder(options_.folder));
  ASSIGN_OR_RETURN(std::vector<std::string> names, disk_->List(options_.folder));
  bool begins_anew = false;
  RETURN_IF_ERROR(CheckOwner(start, names, &begins_anew));
  if (begins_anew) {
    RETURN_IF_ERROR(RemoveOld(names));
    return WriteOwner(start);
  }
  std::optional<SinkFileName> open_file;
  for (const std::string& name : names) {
    auto parsed = ParseSinkFileName(name);
    if (!parsed || parsed->sink != options_.sink || parsed->shard != options_.shard) continue;
    if (parsed->open)
      open_file =
          std::max(open_file, parsed, [](const auto& a, const auto& b) { return b && (!a || a->first < b->first); });
    if (!parsed->open) last_ = std::max(last_, parsed->last);
  }
  if (open_file) RETURN_IF_ERROR(Recover(*open_file));
  written_ = done_ = last_;
  return absl::OkStatus();
}

// The first shard to come to a folder of another pipeline refuses it, before anything is removed.
absl::Status FilesSinkWriter::CheckOwner(const SinkStart& start, const std::vector<std::string>& names,
                                         bool* begins_anew) {
  bool files = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    auto parsed = ParseSinkFileName(name);
    return parsed && parsed->sink == options_.sink;
  });
  bool any_owner = false;
  *begins_anew = true;
  for (const std::string& name : names) {
    std::string prefix = StrCat(".", options_.sink, "-");
    if (!name.starts_with(prefix) || !name.ends_with(".freshet")) continue;
    ASSIGN_OR_RETURN(auto file, disk_->Open(PathOf(name), Disk::Mode::kRead));
    ASSIGN_OR_RETURN(std::string text, file->Read(0, 4096));
    if (!text.starts_with(StrCat("pipeline ", options_.pipeline, "\n"))) {
      return MakeError(ErrorCode::kInvalidOption,
                       StrCat("the folder ", options_.folder, " has files of a sink ", options_.sink,
                              " of another pipeline; give the sink another path, or remove them (", name, " too)"));
    }
    any_owner = true;
    if (name == OwnerName()) {
      std::string own = StrCat("pipeline ", options_.pipeline, "\nuid ", options_.pipeline_uid, "\nhistory ",
                               start.history.value(), "\nshards ", options_.shard_count, "\n");
      *begins_anew = text != own;
    }
  }
  if (files && !any_owner) {
    return MakeError(ErrorCode::kInvalidOption,
                     StrCat("the folder ", options_.folder, " has files named as those of the sink ", options_.sink,
                            ", which it did not write; give the sink another path, or remove them"));
  }
  return absl::OkStatus();
}

// The result begins anew: what stands there is of an earlier one.
absl::Status FilesSinkWriter::RemoveOld(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    auto parsed = ParseSinkFileName(name);
    bool own = parsed && parsed->sink == options_.sink &&
               (parsed->shard == options_.shard || (options_.shard == 0 && parsed->shard >= options_.shard_count));
    if (!own) continue;
    RETURN_IF_ERROR(disk_->Remove(PathOf(name)));
    HitFailpoint(Failpoint::kFilesSinkOldRemoved);
  }
  return disk_->SyncFolder(options_.folder);
}

absl::Status FilesSinkWriter::WriteOwner(const SinkStart& start) {
  std::string text = StrCat("pipeline ", options_.pipeline, "\nuid ", options_.pipeline_uid, "\nhistory ",
                            start.history.value(), "\nshards ", options_.shard_count, "\n");
  std::string path = PathOf(OwnerName());
  std::string next = StrCat(path, ".next");
  ASSIGN_OR_RETURN(auto file, disk_->Open(next, Disk::Mode::kWrite));
  RETURN_IF_ERROR(file->Truncate(0));
  RETURN_IF_ERROR(file->Write(0, text));
  RETURN_IF_ERROR(file->Sync());
  HitFailpoint(Failpoint::kFilesSinkOwnerWritten);
  RETURN_IF_ERROR(disk_->Rename(next, path));
  return disk_->SyncFolder(options_.folder);
}

absl::Status FilesSinkWriter::Recover(const SinkFileName& open_file) {
  ASSIGN_OR_RETURN(file_, disk_->Open(PathOf(open_file.Text()), Disk::Mode::kWrite));
  name_ = open_file;
  EpochScan scan(options_.csv);
  for (uint64_t at = 0;;) {
    ASSIGN_OR_RETURN(std::string block, file_->Read(at, kBlock));
    if (block.empty()) break;
    scan.Add(block);
    at += block.size();
  }
  const EpochScan::Result& found = scan.result();
  whole_ = found.last_begin;
  const Epoch last = found.before;
  opened_micros_ = clock_->MonotonicMicros();
  if (last == Epoch()) {
    // Nothing whole stands in it.
    file_ = nullptr;
    RETURN_IF_ERROR(disk_->Remove(PathOf(open_file.Text())));
    HitFailpoint(Failpoint::kFilesSinkEmptyRemoved);
    return disk_->SyncFolder(options_.folder);
  }
  last_ = std::max(last_, last);
  durable_ = whole_;
  dirty_ = true;
  return Restore();
}

absl::Status FilesSinkWriter::Restore() {
  if (!dirty_) return absl::OkStatus();
  RETURN_IF_ERROR(file_->Truncate(whole_));
  HitFailpoint(Failpoint::kFilesSinkTailCut);
  at_ = whole_;
  dirty_ = false;
  return absl::OkStatus();
}

absl::Status FilesSinkWriter::OpenNew(Epoch first) {
  name_ = {options_.sink, options_.shard, first, Epoch(), true, options_.csv ? "csv" : "jsonl"};
  ASSIGN_OR_RETURN(file_, disk_->Open(PathOf(name_.Text()), Disk::Mode::kWrite));
  HitFailpoint(Failpoint::kFilesSinkMade);
  whole_ = durable_ = 0;
  dirty_ = true;
  opened_micros_ = clock_->MonotonicMicros();
  return disk_->SyncFolder(options_.folder);
}

absl::Status FilesSinkWriter::Flush(std::string* text) {
  dirty_ = true;
  if (failpoints_armed && FailpointFires(Failpoint::kFilesSinkTornWrite)) {
    RETURN_IF_ERROR(file_->Write(at_, std::string_view(*text).substr(0, text->size() / 2)));
    Crash(Failpoint::kFilesSinkTornWrite);
  }
  RETURN_IF_ERROR(file_->Write(at_, *text));
  at_ += text->size();
  text->clear();
  return absl::OkStatus();
}

absl::Status FilesSinkWriter::WriteEpoch(const SinkEpoch& epoch) {
  if (epoch.batches.empty()) {
    written_ = epoch.epoch;  // a history that begins with nothing
    return absl::OkStatus();
  }
  if (file_ == nullptr) RETURN_IF_ERROR(OpenNew(epoch.epoch));
  RETURN_IF_ERROR(Restore());
  std::string text;
  if (options_.csv && at_ == 0) {
    text = "__epoch,__weight,";
    AppendCsvHeader(options_.schema, &text);
  }
  epoch_records_ = 0;
  for (RowRef ref : SortedRows(epoch.batches)) {
    const DeltaBatch& batch = epoch.batches[ref.batch];
    if (options_.csv) {
      StrAppend(&text, epoch.epoch.value(), ",", batch.WeightAt(ref.row), ",");
      AppendRowCsv(options_.schema, batch, ref.row, &text);
    } else {
      StrAppend(&text, "{\"epoch\":", epoch.epoch.value(), ",\"weight\":", batch.WeightAt(ref.row), ",\"row\":");
      AppendRowJson(options_.schema, batch, ref.row, {}, &text);
      text += "}\n";
    }
    ++epoch_records_;
    if (text.size() >= kBlock) RETURN_IF_ERROR(Flush(&text));
  }
  RETURN_IF_ERROR(Flush(&text));
  records_ += epoch_records_;
  bytes_ += at_ - whole_;
  whole_ = at_;
  dirty_ = false;
  last_ = written_ = epoch.epoch;
  return absl::OkStatus();
}

absl::Status FilesSinkWriter::Step(int) {
  // Several epochs share a sync, but those that wait must not pile up behind it.
  for (; unsynced_ < epochs_.size() && (file_ == nullptr || whole_ < options_.roll_bytes); ++unsynced_) {
    if (epochs_[unsynced_].epoch > written_) RETURN_IF_ERROR(WriteEpoch(epochs_[unsynced_]));
  }
  RETURN_IF_ERROR(Sync());
  bool old = file_ != nullptr && clock_->MonotonicMicros() >= NextWakeMicros();
  if (file_ != nullptr && (whole_ >= options_.roll_bytes || old)) return Roll();
  return absl::OkStatus();
}

int64_t FilesSinkWriter::NextWakeMicros() const {
  if (file_ == nullptr) return INT64_MAX;
  return opened_micros_ + static_cast<int64_t>(options_.roll_seconds) * 1'000'000;
}

// After a failed sync nobody knows what is on the disk: it is written again.
absl::Status FilesSinkWriter::Sync() {
  if (unsynced_ == 0) return absl::OkStatus();
  if (file_ != nullptr) {
    HitFailpoint(Failpoint::kFilesSinkBeforeSync);
    absl::Status status = file_->Sync();
    if (!status.ok()) {
      whole_ = durable_;
      last_ = written_ = done_;
      unsynced_ = 0;
      dirty_ = true;
      return status;
    }
    HitFailpoint(Failpoint::kFilesSinkAfterSync);
  }
  durable_ = whole_;
  done_ = std::max(done_, written_);
  epochs_.erase(epochs_.begin(), epochs_.begin() + static_cast<std::ptrdiff_t>(unsynced_));
  unsynced_ = 0;
  return absl::OkStatus();
}

absl::Status FilesSinkWriter::Roll() {
  if (file_ == nullptr) return absl::OkStatus();
  RETURN_IF_ERROR(Restore());
  RETURN_IF_ERROR(file_->Sync());
  SinkFileName rolled = name_;
  rolled.open = false;
  rolled.last = last_;
  HitFailpoint(Failpoint::kFilesSinkBeforeRename);
  RETURN_IF_ERROR(disk_->Rename(PathOf(name_.Text()), PathOf(rolled.Text())));
  HitFailpoint(Failpoint::kFilesSinkAfterRename);
  file_ = nullptr;
  return disk_->SyncFolder(options_.folder);
}

SinkProgress FilesSinkWriter::TakeProgress() {
  SinkProgress progress;
  progress.done = done_;
  progress.records = records_;
  progress.bytes = bytes_;
  return progress;
}

}  // namespace freshet
