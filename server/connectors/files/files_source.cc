#include "server/connectors/files/files_source.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

constexpr size_t kReadBytes = 1 << 20;
constexpr int64_t kIdleMs = 600'000;  // a wait that only a request or the end interrupts
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

FilesSource::FilesSource(const v1::PhysicalSource& source, const SourceContext& context, FilesOptions options,
                         std::unique_ptr<BlockBuilder> builder, std::vector<FilePart> parts,
                         std::vector<std::string> all_names)
    : QueuedSource(source, context),
      options_(std::move(options)),
      builder_(std::move(builder)),
      framer_(builder_->MakeFramer()),
      buffer_(framer_.get(), builder_->settings().max_record_bytes) {
  for (std::string& name : all_names) known_.insert(std::move(name));
  for (FilePart& part : parts) {
    load_bytes_ += static_cast<uint64_t>(part.load_end - part.start);
    std::string name = part.name;
    parts_.emplace(std::move(name), std::move(part));
  }
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

// Positions may name files that came after the extents were resolved.
absl::Status FilesSource::AddPartsOf(const Positions& positions) {
  if (!options_.follow) return absl::OkStatus();
  for (const auto& [name, position] : positions) {
    if (parts_.contains(name)) continue;
    ASSIGN_OR_RETURN(FilePart part, MakeLatePart(name, position));
    if (part.identity.range || !known_.insert(part.identity.path).second) continue;
    if (ShardOfNewFile(name, context().shard_count) != context().shard.value()) continue;
    parts_.emplace(name, std::move(part));
  }
  return absl::OkStatus();
}

absl::Status FilesSource::FindNewFiles() {
  ASSIGN_OR_RETURN(FileListing listing, ListFiles(context().files_root, options_.path));
  not_text_ = std::move(listing.not_text);
  for (const FileEntry& file : listing.files) {
    if (!known_.insert(file.path).second) continue;
    if (ShardOfNewFile(file.path, context().shard_count) != context().shard.value()) continue;
    parts_.emplace(file.path, MakeLatePart(file));
  }
  return absl::OkStatus();
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
    // What is there at first is listed; new files are looked for behind it.
    if (status.ok() && live && options_.follow && !first_live_pass) status = FindNewFiles();
    if (status.ok()) status = ReadPass(*request);
    if (!status.ok()) {
      bool heals = options_.follow && CodeOf(status) == ErrorCode::kSourceUnreachable;
      if (!heals) return channel().Fail(std::move(status));
      channel().SetMessage(
          StrCat(StdView(status.message()), "; trying again every ", options_.poll_interval_ms, " ms"));
      channel().WaitRequest(request->number, options_.poll_interval_ms);
      continue;
    }
    if (Interrupted(*request)) continue;
    channel().SetMessage(
        not_text_.empty() ? "" : StrCat("the file ", not_text_, " is left out: its name is not UTF-8; rename it"));
    if (!live) {
      channel().MarkUntil(request->number);
      channel().WaitRequest(request->number, kIdleMs);
      continue;
    }
    first_live_pass = false;
    channel().MarkLoaded();
    if (!options_.follow) channel().MarkFinished();
    channel().WaitRequest(request->number, options_.follow ? options_.poll_interval_ms : kIdleMs);
  }
}

absl::Status FilesSource::ReadPass(const ReadRequest& request) {
  absl::Status unreachable;
  for (auto& [name, part] : parts_) {
    if (Interrupted(request)) break;
    absl::Status status = ReadPart(part, request);
    // One file that cannot be read does not keep the others waiting.
    if (!status.ok() && CodeOf(status) != ErrorCode::kSourceUnreachable) return status;
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
  absl::StatusOr<FileEntry> now = LookAtFile(context().files_root, part.identity.path);
  if (!now.ok()) {
    if (absl::IsUnavailable(now.status()))
      return MakeError(ErrorCode::kSourceUnreachable, StdView(now.status().message()));
    // Files that were read may be cleared away; those that are still to be read may not.
    int64_t wanted = part.end >= 0 ? part.end : std::max(part.load_end, part.offset + (part.size_seen < 0 ? 1 : 0));
    if (part.offset >= wanted) return absl::OkStatus();
    return MakeError(ErrorCode::kSourceChanged, StrCat("the file ", part.identity.path, " is gone before it was read"));
  }
  RETURN_IF_ERROR(CheckUnchanged(part, *now));
  ASSIGN_OR_RETURN(Limit limit, LimitOf(part, request, *now));
  if (limit.offset <= part.offset || (!limit.last && now->size == part.size_seen)) return absl::OkStatus();
  ASSIGN_OR_RETURN(OpenFile file, OpenFile::Open(context().files_root, part.identity.path));
  if (part.offset > 0) RETURN_IF_ERROR(ReadFileHeader(part, file));
  RETURN_IF_ERROR(CountLines(part, file));
  ASSIGN_OR_RETURN(Outcome outcome, ReadRecords(part, file, limit, request));
  if (outcome == Outcome::kDone && !request.until) part.size_seen = now->size;
  return absl::OkStatus();
}

// The decoder learns a file's header before records that lie behind it.
absl::Status FilesSource::ReadFileHeader(FilePart& part, const OpenFile& file) {
  if (!builder_->wants_header() || header_of_ == &part) return absl::OkStatus();
  buffer_.Restart(0, 0);
  while (true) {
    std::span<char> room = buffer_.Prepare(kReadBytes);
    ASSIGN_OR_RETURN(size_t count, file.ReadAt(buffer_.read_offset(), room.data(), room.size()));
    buffer_.Commit(count);
    buffer_.SetLast(count == 0);
    std::optional<StreamRecord> header = buffer_.Next();
    if (!header && count > 0) continue;
    if (!header)
      return MakeError(ErrorCode::kSourceChanged, StrCat("the file ", part.identity.path, " lost its header"));
    RecordText record = header->record;
    if (record.text.starts_with(kByteOrderMark)) record.text.remove_prefix(kByteOrderMark.size());
    // A bad header was told as a dead letter when the file was begun.
    builder_->ReadHeaderAgain(header->bad ? RecordText{"", false} : record);
    header_of_ = &part;
    return absl::OkStatus();
  }
}

// The line numbers of a range count on from the lines before it. Only where a column wants them: it costs a read of
// what other shards read as well.
absl::Status FilesSource::CountLines(FilePart& part, const OpenFile& file) {
  if (part.lines_known || !needs_lines_) return absl::OkStatus();
  std::string block(kReadBytes, '\0');
  int64_t at = 0;
  int64_t lines = 0;
  while (at < part.offset) {
    ASSIGN_OR_RETURN(size_t count, file.ReadAt(at, block.data(), std::min<size_t>(block.size(), part.offset - at)));
    if (count == 0) break;
    lines += std::count(block.begin(), block.begin() + static_cast<int64_t>(count), '\n');
    at += static_cast<int64_t>(count);
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
    char mark[3];
    ASSIGN_OR_RETURN(size_t count, file.ReadAt(0, mark, sizeof(mark)));
    if (std::string_view(mark, count) == kByteOrderMark) begin = static_cast<int64_t>(kByteOrderMark.size());
  }
  buffer_.Restart(begin, part.lines);
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
      AddRecord(part, *record, std::exchange(header, false));
      part.offset = buffer_.offset();
      part.lines = buffer_.lines();
      if (builder_->full() && !Flush(part, flushed)) return Outcome::kInterrupted;
      if (builder_->empty() && Interrupted(request)) return Outcome::kInterrupted;
    }
    if (!all_read) continue;
    // A position stands behind a record: where blank lines follow, it must not depend on when they were met.
    if (!Flush(part, flushed)) return Outcome::kInterrupted;
    part.offset = buffer_.offset();
    part.lines = buffer_.lines();
    return Outcome::kDone;
  }
}

void FilesSource::AddRecord(FilePart& part, const StreamRecord& record, bool header) {
  RecordPlace place;
  place.offset = record.offset;
  place.line = part.lines_known ? record.line : 0;
  place.stamp_time = part.identity.mtime_ns / 1000;
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
