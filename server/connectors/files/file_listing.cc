#include "server/connectors/files/file_listing.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

#include "absl/strings/escaping.h"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/base/utf8.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

namespace fs = std::filesystem;

constexpr int kFolderDepthMax = 32;      // of `**`
constexpr size_t kFilesMax = 1'000'000;  // a listing is kept in memory

int64_t Nanoseconds(const struct statx_timestamp& time) { return time.tv_sec * int64_t{1'000'000'000} + time.tv_nsec; }

absl::Status Outside(std::string_view path, const std::string& files_root) {
  return MakeError(ErrorCode::kPathOutsideRoot,
                   StrCat("the path ", path, " leads out of files.root (", files_root, ")"));
}

absl::Status Unreachable(std::string_view path, const std::error_code& error) {
  bool denied = error == std::errc::permission_denied || error == std::errc::operation_not_permitted;
  return MakeError(denied ? ErrorCode::kFileUnreadable : ErrorCode::kSourceUnreachable,
                   StrCat("cannot look at ", path, ": ", error.message(),
                          denied ? "; give the user of the server the right to read it" : ""));
}

fs::path CanonicalRoot(const std::string& files_root) {
  std::error_code error;
  fs::path root = fs::weakly_canonical(files_root.empty() ? "." : files_root, error);
  return error ? fs::path(files_root).lexically_normal() : root;
}

fs::path WithoutSlash(const std::string& folder) {
  fs::path path = fs::path(folder).lexically_normal();
  return path.has_filename() || !path.has_parent_path() ? path : path.parent_path();
}

bool IsUnder(const fs::path& path, const fs::path& root) {
  auto [root_end, rest] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return root_end == root.end() || (root_end->empty() && std::next(root_end) == root.end());
}

// The leading part of a path that has no wildcard.
fs::path FixedPart(const fs::path& path) {
  fs::path fixed;
  for (const fs::path& segment : path) {
    if (IsGlob(segment.native())) break;
    fixed /= segment;
  }
  return fixed;
}

// Walks the folders that a pattern can match.
class PatternWalk {
 public:
  PatternWalk(fs::path root, FileListing* found) : root_(std::move(root)), found_(found) {}

  absl::Status Walk(const fs::path& folder, const std::vector<std::string>& segments, size_t at, int depth) {
    if (at == segments.size()) return Add(folder);
    const std::string& segment = segments[at];
    found_->places.push_back({folder.native(), segment == "**" ? "*" : segment});
    if (segment == "**") {
      RETURN_IF_ERROR(Walk(folder, segments, at + 1, depth));
      if (depth == kFolderDepthMax) return absl::OkStatus();
      return ForEach(folder, [&](const fs::directory_entry& entry, const std::string& name) {
        std::error_code error;
        // Links to folders are not followed here: they could lead round in a circle.
        bool folder_entry = !entry.is_symlink(error) && entry.is_directory(error);
        return folder_entry ? Walk(folder / name, segments, at, depth + 1) : absl::OkStatus();
      });
    }
    if (!IsGlob(segment)) return Walk(folder / segment, segments, at + 1, depth);
    return ForEach(folder, [&](const fs::directory_entry&, const std::string& name) {
      return NameMatches(segment, name.c_str()) ? Walk(folder / name, segments, at + 1, depth) : absl::OkStatus();
    });
  }

  // `path` is relative to the root.
  absl::Status Add(const fs::path& path) {
    std::error_code error;
    const bool link = fs::is_symlink(root_ / path, error);
    if (link) found_->unwatchable = StrCat("the file ", path.native(), " is a symbolic link");
    // What is no link lies where its folder does: resolving each file would cost ten times what looking at it does.
    if (link || !FolderIsUnderRoot(path.parent_path())) {
      fs::path canonical = fs::canonical(root_ / path, error);
      if (error == std::errc::permission_denied) return Unreachable(path.native(), error);
      if (error) return absl::OkStatus();  // it went away, or is a link to nothing
      if (!IsUnder(canonical, root_)) return Outside(path.native(), root_.native());
    }
    absl::StatusOr<FileEntry> entry = LookAtFile(root_.native(), path.native());
    if (absl::IsNotFound(entry.status())) return absl::OkStatus();
    if (!entry.ok()) return entry.status();
    if (entry->names > 1) found_->unwatchable = StrCat("the file ", path.native(), " has several names (hard links)");
    if (ValidUtf8Prefix(entry->path) != entry->path.size()) {
      found_->not_text = absl::CHexEscape(entry->path);
      return absl::OkStatus();
    }
    if (found_->files.size() == kFilesMax) {
      return MakeError(ErrorCode::kInvalidOption, StrCat("more than ", kFilesMax, " files match the path"));
    }
    found_->files.push_back(*std::move(entry));
    return absl::OkStatus();
  }

  template <typename Visit>
  absl::Status ForEach(const fs::path& folder, Visit visit) {
    std::error_code error;
    for (auto at = fs::directory_iterator(root_ / folder, error); !error && at != fs::directory_iterator();
         at.increment(error)) {
      std::string name = at->path().filename().native();
      if (name.starts_with('.')) continue;
      RETURN_IF_ERROR(visit(*at, name));
    }
    // A folder that is not there, or went away, has no files; one that may not be read might have some.
    if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
      return Unreachable(folder.empty() ? "." : folder.native(), error);
    }
    return absl::OkStatus();
  }

 private:
  // Resolved once for all files of a folder, which come one behind the other.
  bool FolderIsUnderRoot(const fs::path& folder) {
    if (!resolved_folder_ || *resolved_folder_ != folder) {
      std::error_code error;
      fs::path canonical = fs::canonical(root_ / folder, error);
      resolved_folder_ = folder;
      resolved_is_under_ = !error && IsUnder(canonical, root_);
    }
    return resolved_is_under_;
  }

  fs::path root_;
  FileListing* found_;
  std::optional<fs::path> resolved_folder_;
  bool resolved_is_under_ = false;
};

}  // namespace

bool NameMatches(const std::string& pattern, const char* name) {
  return pattern == name || fnmatch(pattern.c_str(), name, FNM_PERIOD) == 0;
}

bool IsGlob(std::string_view path) { return path.find_first_of("*?[") != std::string_view::npos; }

absl::StatusOr<std::string> RelativePath(const std::string& files_root, std::string_view path) {
  if (path.empty() || path.find('\0') != std::string_view::npos) {
    return MakeError(ErrorCode::kInvalidOption, "the path is empty or has a zero byte");
  }
  fs::path root = CanonicalRoot(files_root);
  fs::path given(path);
  fs::path full = (given.is_absolute() ? given : root / given).lexically_normal();
  std::error_code error;
  fs::path fixed = fs::weakly_canonical(FixedPart(full), error);
  if (error) fixed = FixedPart(full);
  if (!IsUnder(fixed, root)) return Outside(path, root.native());
  // An absolute path may name the root through a link; relative to the root it is what is left of it.
  fs::path relative = IsUnder(full, root) ? full.lexically_relative(root)
                                          : fixed.lexically_relative(root) / full.lexically_relative(FixedPart(full));
  relative = relative.lexically_normal();
  for (const fs::path& segment : relative) {
    if (segment == "..") return Outside(path, root.native());
  }
  return relative.native();
}

absl::StatusOr<FileEntry> LookAtFile(const std::string& files_root, const std::string& relative_path) {
  std::string full = (fs::path(files_root) / relative_path).native();
  struct statx info;
  if (statx(AT_FDCWD, full.c_str(), AT_STATX_SYNC_AS_STAT, STATX_BASIC_STATS | STATX_BTIME, &info) != 0) {
    std::error_code error(errno, std::generic_category());
    if (error == std::errc::no_such_file_or_directory) {
      return absl::NotFoundError(AbslView(StrCat(relative_path, ": ", error.message())));
    }
    return Unreachable(relative_path, error);
  }
  if (!S_ISREG(info.stx_mode)) return absl::NotFoundError(StrCat(relative_path, ": not a file"));
  FileEntry entry;
  entry.path = relative_path;
  entry.inode = info.stx_ino;
  entry.size = static_cast<int64_t>(info.stx_size);
  entry.mtime_ns = Nanoseconds(info.stx_mtime);
  entry.names = info.stx_nlink;
  if ((info.stx_mask & STATX_BTIME) != 0) entry.born_ns = Nanoseconds(info.stx_btime);
  return entry;
}

absl::StatusOr<FileListing> ListFiles(const std::string& files_root, std::string_view path) {
  ASSIGN_OR_RETURN(std::string relative, RelativePath(files_root, path));
  FileListing found;
  fs::path root = CanonicalRoot(files_root);
  if (root != WithoutSlash(files_root))
    found.unwatchable = StrCat("files.root (", files_root, ") has links on its way");
  PatternWalk walk(root, &found);
  std::error_code error;
  std::vector<std::string> segments;
  for (const fs::path& segment : fs::path(relative)) {
    if (segment != ".") segments.push_back(segment.native());
  }
  // All files of a folder.
  if (!IsGlob(relative) && fs::is_directory(root / relative, error)) segments.emplace_back("*");
  RETURN_IF_ERROR(walk.Walk(fs::path(), segments, 0, 0));
  std::vector<FileEntry>& files = found.files;
  std::sort(files.begin(), files.end(), [](const FileEntry& a, const FileEntry& b) { return a.path < b.path; });
  files.erase(
      std::unique(files.begin(), files.end(), [](const FileEntry& a, const FileEntry& b) { return a.path == b.path; }),
      files.end());
  return found;
}

}  // namespace freshet
