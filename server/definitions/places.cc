#include "server/definitions/places.h"

#include <algorithm>
#include <tuple>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"

namespace freshet {
namespace {

constexpr size_t kMaxExcerptBytes = 240;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Characters of UTF-8 in the first `bytes` bytes.
uint32_t CountCharacters(std::string_view text, size_t bytes) {
  uint32_t count = 0;
  for (size_t i = 0; i < std::min(bytes, text.size()); ++i) count += IsContinuation(text[i]) ? 0 : 1;
  return count;
}

bool IsBelow(std::string_view path, std::string_view ancestor) {
  return path.starts_with(ancestor) &&
         (path.size() == ancestor.size() || path[ancestor.size()] == '.' || path[ancestor.size()] == '[');
}

// A secret that is written out is not shown again, to nobody: the line ends before it.
void CutExcerpt(uint32_t secret_column, v1::Problem& problem) {
  std::string& excerpt = *problem.mutable_excerpt();
  size_t bytes = 0;
  for (uint32_t characters = 1; bytes < excerpt.size(); ++bytes) {
    if (!IsContinuation(excerpt[bytes]) && characters++ == secret_column) break;
  }
  if (problem.column() > secret_column) bytes = 0;
  excerpt.resize(bytes);
}

}  // namespace

std::string JoinPath(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : StrCat(path, ".", key);
}

std::string JoinPath(std::string_view path, size_t index) { return StrCat(path, "[", index, "]"); }

size_t Places::AddFile(std::string name, std::string text) {
  File file{std::move(name), std::move(text), {0}};
  for (uint32_t i = 0; i < file.text.size(); ++i) {
    if (file.text[i] == '\n') file.line_starts.push_back(i + 1);
  }
  files_.push_back(std::move(file));
  return files_.size() - 1;
}

void Places::AddDocument(size_t file, const DocumentNode& root, const std::string& path) {
  Place place{file, root.mark, root.kind == DocumentKind::kScalar, false, root.mark};
  places_.try_emplace(path, place);
  for (const DocumentEntry& entry : root.entries) {
    std::string below = JoinPath(path, entry.key);
    // A mapping or list is best shown by its key; a scalar by itself.
    if (entry.value.kind != DocumentKind::kScalar)
      places_.try_emplace(below, Place{file, entry.key_mark, false, false, entry.key_mark});
    AddDocument(file, entry.value, below);
    // An overlay names again what an earlier file declares.
    if (Place& place = places_.at(below); place.file == file) place.key = entry.key_mark;
  }
  for (size_t i = 0; i < root.items.size(); ++i) AddDocument(file, root.items[i], JoinPath(path, i));
}

void Places::Erase(std::string_view path) {
  for (auto it = places_.lower_bound(path); it != places_.end() && it->first.starts_with(path);) {
    it = IsBelow(it->first, path) ? places_.erase(it) : std::next(it);
  }
}

void Places::Set(const std::string& path, size_t file, Mark mark) {
  places_[path] = Place{file, mark, false, false, mark};
}

void Places::SetInScript(const std::string& path, size_t file, uint32_t offset) {
  Mark mark = MarkAt(files_[file], offset);
  places_[path] = Place{file, mark, false, true, mark};
}

const Places::Place* Places::FindNearest(std::string& path, bool* exact) const {
  *exact = true;
  while (true) {
    if (auto it = places_.find(path); it != places_.end()) return &it->second;
    *exact = false;
    size_t cut = path.find_last_of(".[");
    if (path.empty()) return nullptr;
    path.resize(cut == std::string::npos ? 0 : cut);
  }
}

std::string_view Places::LineOf(const File& file, uint32_t line) const {
  if (line >= file.line_starts.size()) return "";
  size_t begin = file.line_starts[line];
  size_t end = line + 1 < file.line_starts.size() ? file.line_starts[line + 1] : file.text.size();
  std::string_view text = std::string_view(file.text).substr(begin, end - begin);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

Mark Places::MarkAt(const File& file, size_t position) {
  auto line = std::upper_bound(file.line_starts.begin(), file.line_starts.end(), position) - file.line_starts.begin();
  return Mark{static_cast<uint32_t>(line - 1), static_cast<uint32_t>(position - file.line_starts[line - 1]),
              static_cast<uint32_t>(position)};
}

Mark Places::MarkInScalar(const Place& place, uint32_t offset) const {
  const File& file = files_[place.file];
  std::string_view source = file.text;
  size_t at = place.mark.offset;
  if (at >= source.size()) return place.mark;
  auto mark_at = [&](size_t position) { return MarkAt(file, position); };
  char style = source[at];
  if (style == '|') {
    // A literal block: its lines are the value's lines, indented. Walk both side by side.
    uint32_t line = place.mark.line + 1;
    uint32_t left = offset;
    std::string_view first = LineOf(file, line);
    size_t indent = first.find_first_not_of(' ');
    if (indent == std::string_view::npos) return place.mark;
    while (line < file.line_starts.size()) {
      size_t length = LineOf(file, line).size();
      size_t content = length > indent ? length - indent : 0;
      if (left <= content) return mark_at(file.line_starts[line] + indent + left);
      left -= static_cast<uint32_t>(content) + 1;
      ++line;
    }
    return place.mark;
  }
  if (style == '>') return place.mark;
  bool quoted = style == '"' || style == '\'';
  size_t position = at + (quoted ? 1 : 0);
  for (uint32_t i = 0; i < offset && position < source.size(); ++i) {
    if (source[position] == '\n') return mark_at(at);  // folded over lines: show its start
    if (style == '"' && source[position] == '\\') {
      position += source.substr(position + 1, 1) == "u" ? 5 : 1;
    } else if (style == '\'' && source[position] == '\'') {
      ++position;
    }
    ++position;
  }
  return position < source.size() ? mark_at(position) : mark_at(at);
}

void Places::SetPlace(size_t file_number, Mark mark, v1::Problem& problem) const {
  CHECK(file_number < files_.size());
  const File& file = files_[file_number];
  std::string_view line = LineOf(file, mark.line);
  problem.set_file(file.name);
  problem.set_line(mark.line + 1);
  problem.set_column(CountCharacters(line, mark.column) + 1);
  size_t bytes = std::min(line.size(), kMaxExcerptBytes);
  while (bytes > 0 && bytes < line.size() && IsContinuation(line[bytes])) --bytes;
  // An excerpt that does not reach the place shows nothing.
  if (mark.column <= bytes) problem.set_excerpt(std::string(line.substr(0, bytes)));
}

std::vector<v1::Problem> Places::Locate(const ProblemList& problems) const {
  struct Located {
    std::tuple<size_t, uint32_t, uint32_t, size_t> order;  // file, line, column, number
    v1::Problem problem;
  };
  std::vector<Located> located;
  for (const ProblemList::Entry& entry : problems.entries()) {
    v1::Problem problem = entry.problem;
    size_t file = files_.size();
    if (problem.line() == 0) {
      bool exact = false;
      std::string path = problem.path();
      if (const Place* place = FindNearest(path, &exact)) {
        // What is not known is best shown by its key.
        bool unknown = problem.code() == "UNKNOWN_FIELD" || problem.code() == "UNKNOWN_OPTION";
        Mark mark = exact && unknown ? place->key : place->mark;
        if (exact && place->scalar && entry.offset) mark = MarkInScalar(*place, *entry.offset);
        if (place->script) {
          // What a query became has paths that its text does not.
          problem.set_path(path);
          if (entry.offset) mark = MarkAt(files_[place->file], *entry.offset);
        }
        SetPlace(place->file, mark, problem);
        file = place->file;
      }
    } else {
      for (size_t i = 0; i < files_.size(); ++i) {
        if (files_[i].name == problem.file()) file = i;
      }
    }
    std::tuple<size_t, uint32_t, uint32_t, size_t> order(file, problem.line(), problem.column(), located.size());
    located.push_back({order, std::move(problem)});
  }
  for (const Located& secret : located) {
    if (secret.problem.code() != InfoOf(ErrorCode::kLiteralSecret).name) continue;
    const auto& [file, line, column, number] = secret.order;
    for (Located& each : located) {
      if (std::get<0>(each.order) == file && std::get<1>(each.order) == line) CutExcerpt(column, each.problem);
    }
  }
  std::sort(located.begin(), located.end(), [](const Located& a, const Located& b) { return a.order < b.order; });
  std::vector<v1::Problem> result;
  for (Located& each : located) result.push_back(std::move(each.problem));
  return result;
}

}  // namespace freshet
