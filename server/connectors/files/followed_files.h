// What a source in mode follow knows of all files that match, its own and those of other shards: which partitions there
// are, who reads them, and under which name each file is to be found now.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/connectors/files/file_extents.h"
#include "server/connectors/files/file_listing.h"
#include "server/connectors/files/file_part.h"
#include "server/connectors/files/file_watch.h"

namespace freshet {

class FollowedFiles {
 public:
  struct Options {
    std::string files_root;
    std::string path;
    CutRules cuts;
    uint32_t shard = 0;
    uint32_t shard_count = 1;
    bool ordered = false;  // the order of the rows of one file matters
  };
  explicit FollowedFiles(Options options) : options_(std::move(options)) {}

  // A partition that has a shard.
  void AddKnown(const std::string& partition, const FileIdentity& identity);
  // Whether a partition that came later is this shard's; false if it was known before.
  bool Adopt(const FilePart& part);

  // Lists the files: where the known ones are now, and which are new. What changes behind it the watch will tell.
  absl::Status Look();
  // Adds this shard's partitions of the files listed last that no shard has: of new files, and of those that grew past
  // a cut.
  absl::Status FindNew(std::vector<FilePart>* found);

  // The path of a part's file as it was listed last; that of its beginning if it was not listed.
  const std::string& PathOf(const FilePart& part) const;
  // A file that is left out because its name is not UTF-8; empty: none.
  const std::string& not_text() const { return listing_.not_text; }
  FileWatch& watch() { return watch_; }

 private:
  using Key = std::pair<uint64_t, int64_t>;  // inode, birth
  struct Known {
    FileIdentity identity;
    std::string name;                        // of its partitions
    std::string path;                        // now
    int64_t cut = 0;                         // where its newest range begins
    CutSearch search = {};                   // for the next one
    std::map<int64_t, int64_t> ranges = {};  // that have a partition: start, lines before it
    bool listed = false;
  };

  bool IsMine(const FileIdentity& identity, std::string_view name, int64_t start) const;
  Known* AddNewFile(const FileEntry& file);
  absl::Status FindRanges(const FileEntry& file, Known& known, std::vector<FilePart>* found);

  const Options options_;
  std::map<Key, Known> files_;
  std::set<std::string, std::less<>> partitions_;
  std::map<std::string, Key, std::less<>> names_;
  FileListing listing_;
  FileWatch watch_;
};

}  // namespace freshet
