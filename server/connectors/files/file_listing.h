// Finds the files that a source's path means, all of them under the root of files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace freshet {

// A file as it was when it was looked at.
struct FileEntry {
  std::string path;  // relative to the root, as the user would write it: the partition's name
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t mtime_ns = 0;
  int64_t born_ns = 0;  // when it was made; 0: the file system does not tell
  uint64_t names = 1;   // hard links to it
};

// Whether a path has *, ? or [ in it.
bool IsGlob(std::string_view path);

// The path relative to the root, normalized. PATH_OUTSIDE_ROOT where it leads out of the root, by `..`, as an absolute
// path, or by a symbolic link in the part without wildcards (as far as that exists).
absl::StatusOr<std::string> RelativePath(const std::string& files_root, std::string_view path);

// Whether a name matches one segment of a path, with or without wildcards, as a listing has it.
bool NameMatches(const std::string& pattern, const char* name);

// A folder that a listing depends on, by the names in it that match.
struct WatchedPlace {
  std::string folder;  // relative to the root; may not be there
  std::string pattern;
};

struct FileListing {
  std::vector<FileEntry> files;  // by path
  // A file that is left out because its name is not UTF-8, which partitions' names are: shown with escapes. Empty:
  // none.
  std::string not_text;
  // Where a change would change the listing, from the root down; and why there may be changes elsewhere that do, too
  // (links). Empty: there are none.
  std::vector<WatchedPlace> places;
  std::string unwatchable;
};

// The regular files that `path` means: itself, those directly in it (a directory; hidden ones left out), or
// those that match (`**` stands for folders of any depth). Symbolic links are followed; one that leads out of the root
// is PATH_OUTSIDE_ROOT. Nothing there: an empty list. A folder that may not be read is FILE_UNREADABLE.
absl::StatusOr<FileListing> ListFiles(const std::string& files_root, std::string_view path);

// Looks at one file. NotFound: there is none. Others: FILE_UNREADABLE, SOURCE_UNREACHABLE.
absl::StatusOr<FileEntry> LookAtFile(const std::string& files_root, const std::string& relative_path);

}  // namespace freshet
