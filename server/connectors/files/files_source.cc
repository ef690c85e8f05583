#include "server/connectors/files/files_source.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "spdlog/spdlog.h"

namespace freshet {
namespace {

constexpr size_t kReadBytes = 1 << 20;
constexpr int64_t kIdleMs = 600'000;          // a wait that only a request or the end interrupts
constexpr int64_t kLineMarkBytes = 16 << 20;  // how far apart counted lines are remembered

bool Heals(const absl::Status& status) {
  return CodeOf(status) == ErrorCode::kSourceUnreachable || CodeOf(status) == ErrorCode::kFileUnreadable;
}

}  // namespace

FilesSource::FilesSource(const v1::PhysicalSource& source, const SourceContext& context, Options options,
                         std::unique_ptr<BlockBuilder> builder, std::vector<FilePart> parts,
                         const std::vector<std::pair<std::string, FileIdentity>>& known)
    : QueuedSource(source, context),
      options_(std::move(options)),
      builder_(std::move(builder)),
      framer_(builder_->MakeFramer()),
      cuts_(CutRulesOf(builder_->settings(), framer_.get(), options_.split_bytes)),
      files_({.files_root = context.files_root,
              .path = options_.path,
              .cuts = cuts_,
              .shard = context.shard.value(),
              .shard_count = context.shard_count,
              .ordered = source.stamped()}),
      buffer_(framer_.get(), builder_->settings().max_record_bytes) {
  if (options_.follow) {
    for (const auto& [partition, identity] : known) files_.AddKnown(partition, identity);
  }
  for (FilePart& part : parts) {
    load_bytes_ += static_cast<uint64_t>(part.load_end - part.start);
    std::string name = part.name;
    parts_.emplace(std::move(name), std::move(part));
  }
  channel().OnInterrupt([this] { files_.watch().Interrupt(); });
  for (const ColumnShape& column : builder_->shape().columns) {
    needs_lines_ = needs_lines_ || column.origin == ColumnOrigin::kLine;
  }
}

absl::Status FilesSource::Start(const Positions& from) {
  RETURN_IF_ERROR(AddPartsOf(from));
  for (auto& [name, part] : parts_) {
    auto position = from.find(name);
    if (position != from.end()) RETURN_IF_ERROR(MovePart(part, position->second));
  }
  return absl::OkStatus();
}

// Positions may name files and ranges that came after the extents were resolved.
absl::Status FilesSource::AddPartsOf(const Positions& positions) {
  if (!options_.follow) return absl::OkStatus();
  for (const auto& [name, position] : positions) {
    if (parts_.contains(name)) continue;
    ASSIGN_OR_RETURN(FilePart part, MakeLatePart(name, position));
    if (files_.Adopt(part)) parts_.emplace(name, std::move(part));
  }
  return absl::OkStatus();
}

absl::Status FilesSource::LookForFiles(bool find_new) {
  if (!options_.follow) return absl::OkStatus();
  RETURN_IF_ERROR(files_.Look());
  std::vector<FilePart> found;
  absl::Status status = find_new ? files_.FindNew(&found) : absl::OkStatus();
  for (FilePart& part : found) {
    std::string name = part.name;
    parts_.emplace(std::move(name), std::move(part));
  }
  return status;
}

bool FilesSource::Interrupted(const ReadRequest& request) const {
  return channel().closed() || channel().request()->number != request.number;
}

void FilesSource::ReadAll() {
  bool first_live_pass = true;
  while (!channel().closed()) {
    std::shared_ptr<const ReadRequest> request = channel().request();
    bool live = !request->until;
    absl::Status status = live ? absl::OkStatus() : AddPartsOf(*request->until);
    // What is there at first is known; what is new is looked for behind it.
    absl::Status looked = LookForFiles(live && !first_live_pass);
    // Where a folder or a new file cannot be read, those that are known are.
    if (status.ok()) status = ReadPass(*request);
    if (status.ok()) status = std::move(looked);
    if (!status.ok()) {
      bool heals = options_.follow && Heals(status);
      if (!heals) return channel().Fail(std::move(status));
      channel().SetMessage(
          StrCat(StdView(status.message()), "; trying again every ", options_.poll_interval_ms, " ms"));
      channel().WaitRequest(request->number, options_.poll_interval_ms);
      continue;
    }
    if (Interrupted(*request)) continue;
    const std::string& not_text = files_.not_text();
    channel().SetMessage(
        not_text.empty() ? "" : StrCat("the file ", not_text, " is left out: its name is not UTF-8; rename it"));
    if (!live) {
      channel().MarkUntil(request->number);
      channel().WaitRequest(request->number, kIdleMs);
      continue;
    }
    channel().MarkLoaded();
    if (!options_.follow) channel().MarkFinished();
    if (!options_.follow) {
      channel().WaitRequest(request->number, kIdleMs);
    } else if (!std::exchange(first_live_pass, false)) {
      WaitForChange();
    }
  }
}

void FilesSource::WaitForChange() {
  FileWatch& watch = files_.watch();
  if (watch.gap() != told_gap_) {
    told_gap_ = watch.gap();
    spdlog::info("source {}: {}", source_name(),
                 watch.covers() ? "the system tells of changes"
                                : StrCat("looks for changes every ", options_.poll_interval_ms, " ms: ", told_gap_));
  }
  watch.WaitForChange({options_.poll_interval_ms, options_.rescan_interval_ms});
}

absl::Status FilesSource::ReadPass(const ReadRequest& request) {
  absl::Status unreachable;
  for (auto& [name, part] : parts_) {
    if (Interrupted(request)) break;
    absl::Status status = ReadPart(part, request);
    // One file that cannot be read does not keep the others waiting.
    if (!status.ok() && !Heals(status)) return status;
    if (!status.ok() && unreachable.ok()) unreachable = std::move(status);
  }
  return unreachable;
}

absl::StatusOr<FilesSource::Limit> FilesSource::LimitOf(const FilePart& part, const ReadRequest& request,
                                                        const FileEntry& now) const {
  if (!request.until) {
    if (part.end >= 0) return Limit{part.end, true};
    return Limit{now.size, false};
  }
  auto until = request.until->find(part.name);
  if (until == request.until->end()) return Limit{part.offset, false};
  if (until->second.offset > now.size) {
    return MakeError(ErrorCode::kSourceChanged,
                     StrCat("the file ", part.identity.path, " has ", now.size, " bytes; ", until->second.offset,
                            " of it were read before and cannot be read again"));
  }
  return Limit{until->second.offset, true};
}

absl::Status FilesSource::ReadPart(FilePart& part, const ReadRequest& request) {
  bool at_end = part.end >= 0 && part.offset >= part.end;
  if (at_end) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::optional<FileEntry> now, LookAt(part));
  if (!now) return absl::OkStatus();
  bool seen = !request.until && now->size == part.size_seen && now->mtime_ns == part.mtime_seen;
  return seen ? absl::OkStatus() : ReadFile(part, *now, request);
}

// No value: there is nothing of it to read.
absl::StatusOr<std::optional<FileEntry>> FilesSource::LookAt(FilePart& part) {
  absl::StatusOr<FileEntry> now = LookAtFile(context().files_root, PathOf(part));
  if (now.ok()) {
    absl::Status unchanged = CheckUnchanged(part, *now);
    if (unchanged.ok()) {
      part.looks_lost = 0;
      return *now;
    }
    bool replaced = now->inode != part.identity.inode || now->born_ns != part.identity.born_ns;
    return replaced ? Lost(part, std::move(unchanged)) : unchanged;
  }
  if (!absl::IsNotFound(now.status())) return now.status();
  // Files that were read may be cleared away; those that are still to be read may not.
  int64_t wanted = part.end >= 0 ? part.end : std::max(part.load_end, part.offset + (part.size_seen < 0 ? 1 : 0));
  if (part.offset >= wanted) return std::nullopt;
  return Lost(part, MakeError(ErrorCode::kSourceChanged, StrCat("the file ", part.identity.path,
                                                                " is gone before it was read; put it back, or "
                                                                "delete the pipeline and apply it again")));
}

// A file that is being renamed may stand under neither name while the folder is listed: it is looked for once more.
absl::Status FilesSource::Lost(FilePart& part, absl::Status reason) {
  if (!options_.follow || ++part.looks_lost > 1) return reason;
  return MakeError(ErrorCode::kSourceUnreachable, StrCat("the file ", part.identity.path, " is not where it was"));
}

absl::Status FilesSource::ReadFile(FilePart& part, const FileEntry& now, const ReadRequest& request) {
  ASSIGN_OR_RETURN(OpenFile file, OpenFile::Open(context().files_root, now.path));
  if (options_.follow) {
    RETURN_IF_ERROR(CheckTail(part, file));
    RETURN_IF_ERROR(CloseAtCut(part, file, now));
  }
  ASSIGN_OR_RETURN(Limit limit, LimitOf(part, request, now));
  Outcome outcome = Outcome::kDone;
  if (limit.offset > part.offset) {
    channel().Stir();
    if (part.offset > 0) RETURN_IF_ERROR(ReadFileHeader(part, file));
    RETURN_IF_ERROR(CountLines(part, file));
    ASSIGN_OR_RETURN(outcome, ReadRecords(part, file, limit, request));
  }
  if (outcome == Outcome::kDone && !request.until) {
    part.size_seen = now.size;
    part.mtime_seen = now.mtime_ns;
  }
  return absl::OkStatus();
}

// A range of a file that grows ends where the next one begins; who reads that comes to the same place.
absl::Status FilesSource::CloseAtCut(FilePart& part, const OpenFile& file, const FileEntry& now) {
  const int64_t from = NextCut(part.start, cuts_.split_bytes);
  if (part.end >= 0 || now.size <= from) return absl::OkStatus();
  if (part.record_end > from) {
    part.end = part.record_end;  // it was read to its end before a restart
    return absl::OkStatus();
  }
  // What was read need not be gone through again.
  if (part.search.at < part.record_end) part.search = SearchFrom(cuts_, part.record_end, -1);
  ASSIGN_OR_RETURN(std::optional<int64_t> cut, FindCut(cuts_, file, from, {now.size, false}, &part.search));
  if (cut) part.end = *cut;
  return absl::OkStatus();
}

// The decoder learns a file's header before records that lie behind it.
absl::Status FilesSource::ReadFileHeader(FilePart& part, const OpenFile& file) {
  if (!builder_->wants_header() || header_of_ == &part) return absl::OkStatus();
  ASSIGN_OR_RETURN(int64_t begin, FirstRecord(file));
  buffer_.Restart(begin, 0);
  while (true) {
    std::span<char> room = buffer_.Prepare(kReadBytes);
    ASSIGN_OR_RETURN(size_t count, file.ReadAt(buffer_.read_offset(), room.data(), room.size()));
    buffer_.Commit(count);
    buffer_.SetLast(count == 0);
    std::optional<StreamRecord> header = buffer_.Next();
    if (!header && count > 0) continue;
    if (!header)
      return MakeError(ErrorCode::kSourceChanged, StrCat("the file ", part.identity.path, " lost its header"));
    // A bad header was told as a dead letter when the file was begun.
    builder_->ReadHeaderAgain(header->bad ? RecordText{"", false} : header->record);
    header_of_ = &part;
    return absl::OkStatus();
  }
}

// The line numbers of a range count on from the lines before it. Only where a column wants them: it costs a read of
// what other shards read as well.
absl::Status FilesSource::CountLines(FilePart& part, const OpenFile& file) {
  if (part.lines_known || !needs_lines_) return absl::OkStatus();
  std::map<int64_t, int64_t>& marks = line_marks_[std::string(FileNameOf(part.name, part.identity))];
  int64_t at = 0;
  int64_t lines = 0;
  if (auto behind = marks.upper_bound(part.offset); behind != marks.begin()) std::tie(at, lines) = *std::prev(behind);
  std::string block(kReadBytes, '\0');
  for (int64_t next_mark = at + kLineMarkBytes; at < part.offset;) {
    ASSIGN_OR_RETURN(size_t count, file.ReadAt(at, block.data(), std::min<size_t>(block.size(), part.offset - at)));
    if (count == 0) break;
    lines += std::count(block.begin(), block.begin() + static_cast<int64_t>(count), '\n');
    at += static_cast<int64_t>(count);
    if (at < next_mark) continue;
    marks.emplace(at, lines);
    next_mark = at + kLineMarkBytes;
  }
  part.lines = lines;
  part.lines_known = true;
  return absl::OkStatus();
}

absl::StatusOr<FilesSource::Outcome> FilesSource::ReadRecords(FilePart& part, const OpenFile& file, Limit limit,
                                                              const ReadRequest& request) {
  builder_->SetPartition(
      part.name,
      {.stamp_partition = part.identity.path, .file = part.identity.path, .topic = {}, .partition = std::nullopt});
  int64_t flushed = part.offset;
  absl::StatusOr<Outcome> outcome = AddRecords(part, file, limit, request, &flushed);
  // What was read before an error stands; the part goes on behind it.
  if (!Flush(part, &flushed)) return Outcome::kInterrupted;
  return outcome;
}

absl::StatusOr<FilesSource::Outcome> FilesSource::AddRecords(FilePart& part, const OpenFile& file, Limit limit,
                                                             const ReadRequest& request, int64_t* flushed) {
  bool header = part.offset == 0 && builder_->wants_header();
  int64_t begin = part.offset;
  if (begin == 0) {
    ASSIGN_OR_RETURN(begin, FirstRecord(file));
  }
  buffer_.Restart(begin, part.lines);
  RecordPlace place;
  place.stamp_time = part.identity.RecordMicros(options_.follow);
  while (true) {
    int64_t at = buffer_.read_offset();
    std::span<char> room = buffer_.Prepare(kReadBytes);
    size_t wanted = static_cast<size_t>(std::clamp<int64_t>(limit.offset - at, 0, static_cast<int64_t>(room.size())));
    ASSIGN_OR_RETURN(size_t count, file.ReadAt(at, room.data(), wanted));
    if (count < wanted) {
      return MakeError(ErrorCode::kSourceChanged,
                       StrCat("the file ", part.identity.path, " was cut off while it was read"));
    }
    buffer_.Commit(count);
    bool all_read = at + static_cast<int64_t>(count) >= limit.offset;
    buffer_.SetLast(all_read && limit.last);
    while (std::optional<StreamRecord> record = buffer_.Next()) {
      place.offset = record->offset;
      place.line = part.lines_known ? record->line : 0;
      AddRecord(part, *record, place, std::exchange(header, false));
      part.offset = part.record_end = buffer_.offset();
      part.lines = buffer_.lines();
      if (builder_->full() && !Flush(part, flushed)) return Outcome::kInterrupted;
      if (builder_->empty() && Interrupted(request)) return Outcome::kInterrupted;
    }
    if (!all_read) continue;
    if (options_.follow && part.offset > 0) {
      ASSIGN_OR_RETURN(part.tail, ReadTail(file, part.offset));
    }
    // A position stands behind a record: where blank lines follow, it must not depend on when they were met.
    if (!Flush(part, flushed)) return Outcome::kInterrupted;
    part.offset = buffer_.offset();
    part.lines = buffer_.lines();
    if (needs_lines_ && part.end >= 0 && part.lines_known) {
      line_marks_[std::string(FileNameOf(part.name, part.identity))].emplace(part.offset, part.lines);
    }
    return Outcome::kDone;
  }
}

void FilesSource::AddRecord(FilePart& part, const StreamRecord& record, const RecordPlace& place, bool header) {
  auto position = [&] { return part.lines_known ? StrCat("line ", record.line) : StrCat("byte ", record.offset); };
  if (header) {
    header_of_ = &part;
    if (record.bad) builder_->ReadHeaderAgain(RecordText{"", false});
    if (!record.bad) return builder_->AddHeader(record.record, place, position);
  } else {
    ++part.records;
  }
  if (record.bad) return builder_->AddRejected(record.record, buffer_.rejection(), place, position);
  builder_->Add(record.record, place, position);
}

bool FilesSource::Flush(FilePart& part, int64_t* flushed_offset) {
  if (builder_->empty()) return true;
  DecodedBlock block = builder_->Finish(PositionOf(part));
  block.bytes = static_cast<uint64_t>(part.offset - *flushed_offset);
  *flushed_offset = part.offset;
  return channel().Push(std::move(block));
}

}  // namespace freshet
