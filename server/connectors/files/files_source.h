// Reads the files of one shard: to their end (static), or for ever, with what is appended and what is new (follow).
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "server/connectors/api/block_builder.h"
#include "server/connectors/api/queued_source.h"
#include "server/connectors/files/file_part.h"
#include "server/connectors/files/open_file.h"

namespace freshet {

struct FilesOptions {
  std::string path;
  bool follow = false;
  int64_t poll_interval_ms = 500;
};

class FilesSource final : public QueuedSource {
 public:
  FilesSource(const v1::PhysicalSource& source, const SourceContext& context, FilesOptions options,
              std::unique_ptr<BlockBuilder> builder, std::vector<FilePart> parts, std::vector<std::string> all_names);
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
  absl::StatusOr<Outcome> ReadRecords(FilePart& part, const OpenFile& file, Limit limit, const ReadRequest& request);
  absl::StatusOr<Outcome> AddRecords(FilePart& part, const OpenFile& file, Limit limit, const ReadRequest& request,
                                     int64_t* flushed);
  absl::Status ReadFileHeader(FilePart& part, const OpenFile& file);
  absl::Status CountLines(FilePart& part, const OpenFile& file);
  void AddRecord(FilePart& part, const StreamRecord& record, bool header);
  bool Flush(FilePart& part, int64_t* flushed_offset);
  absl::Status FindNewFiles();
  absl::Status AddPartsOf(const Positions& positions);
  bool Interrupted(const ReadRequest& request) const;

  FilesOptions options_;
  std::unique_ptr<BlockBuilder> builder_;
  std::unique_ptr<Framer> framer_;
  std::map<std::string, FilePart> parts_;  // of this shard, by name
  std::set<std::string> known_;            // paths of all files that have a shard
  std::string not_text_;                   // a file that is left out because of its name
  uint64_t load_bytes_ = 0;
  bool needs_lines_ = false;             // a column holds the line
  const FilePart* header_of_ = nullptr;  // whose header the decoder knows
  RecordBuffer buffer_;
};

}  // namespace freshet
