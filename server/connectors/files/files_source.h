// Reads the files of one shard: to their end (static), or for ever, with what is appended and what is new (follow).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/connectors/api/block_builder.h"
#include "server/connectors/api/queued_source.h"
#include "server/connectors/files/file_part.h"
#include "server/connectors/files/followed_files.h"
#include "server/connectors/files/open_file.h"

namespace freshet {

class FilesSource final : public QueuedSource {
 public:
  struct Options {
    std::string path;
    bool follow = false;
    int64_t poll_interval_ms = 500;
    int64_t rescan_interval_ms = 60'000;
    uint64_t split_bytes = 0;
  };

  // `parts` are this shard's; `known` are the partitions of all shards.
  FilesSource(const v1::PhysicalSource& source, const SourceContext& context, Options options,
              std::unique_ptr<BlockBuilder> builder, std::vector<FilePart> parts,
              const std::vector<std::pair<std::string, FileIdentity>>& known);
  ~FilesSource() override { Stop(); }

 protected:
  absl::Status Start(const Positions& from) override;
  void ReadAll() override;
  uint64_t LoadBytes() const override { return load_bytes_; }

 private:
  // How far one pass may read a part.
  struct Limit {
    int64_t offset = 0;
    bool last = false;  // nothing follows: what is left there is a record
  };
  enum class Outcome : uint8_t { kDone, kInterrupted };

  absl::Status ReadPass(const ReadRequest& request);
  absl::StatusOr<Limit> LimitOf(const FilePart& part, const ReadRequest& request, const FileEntry& now) const;
  absl::Status ReadPart(FilePart& part, const ReadRequest& request);
  absl::Status ReadFile(FilePart& part, const FileEntry& now, const ReadRequest& request);
  absl::StatusOr<std::optional<FileEntry>> LookAt(FilePart& part);
  absl::Status Lost(FilePart& part, absl::Status reason);
  absl::Status CloseAtCut(FilePart& part, const OpenFile& file, const FileEntry& now);
  absl::StatusOr<Outcome> ReadRecords(FilePart& part, const OpenFile& file, Limit limit, const ReadRequest& request);
  absl::StatusOr<Outcome> AddRecords(FilePart& part, const OpenFile& file, Limit limit, const ReadRequest& request,
                                     int64_t* flushed);
  absl::Status ReadFileHeader(FilePart& part, const OpenFile& file);
  absl::Status CountLines(FilePart& part, const OpenFile& file);
  void AddRecord(FilePart& part, const StreamRecord& record, const RecordPlace& place, bool header);
  bool Flush(FilePart& part, int64_t* flushed_offset);
  absl::Status LookForFiles(bool find_new);
  void WaitForChange();
  const std::string& PathOf(const FilePart& part) const {
    return options_.follow ? files_.PathOf(part) : part.identity.path;
  }
  absl::Status AddPartsOf(const Positions& positions);
  bool Interrupted(const ReadRequest& request) const;

  const Options options_;
  std::unique_ptr<BlockBuilder> builder_;
  std::unique_ptr<Framer> framer_;
  const CutRules cuts_;
  std::map<std::string, FilePart> parts_;  // of this shard, by name
  FollowedFiles files_;                    // mode follow
  // Newlines before places in files, by the file's name: what several ranges of it need is counted once.
  std::map<std::string, std::map<int64_t, int64_t>, std::less<>> line_marks_;
  uint64_t load_bytes_ = 0;
  bool needs_lines_ = false;             // a column holds the line
  std::string told_gap_;                 // in what the watch covers
  const FilePart* header_of_ = nullptr;  // whose header the decoder knows
  RecordBuffer buffer_;
};

}  // namespace freshet
