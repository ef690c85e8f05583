// Knows where each path of a definition stands in its files, and turns problems' paths into lines and columns.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/v1/pipeline.pb.h"
#include "server/definitions/document.h"
#include "server/definitions/problem_list.h"

namespace freshet {

class Places {
 public:
  // Takes a file's name and text; answers its number.
  size_t AddFile(std::string name, std::string text);

  const std::string& TextOf(size_t file) const { return files_[file].text; }

  // Notes every path of a document below `path` (empty: the top).
  void AddDocument(size_t file, const DocumentNode& root, const std::string& path);
  // Forgets `path` and everything below it: an overlay replaces it.
  void Erase(std::string_view path);
  // The same for a path of an SQL script, where problems know their own bytes.
  void SetInScript(const std::string& path, size_t file, uint32_t offset);
  // Where `path` stands from now on.
  void Set(const std::string& path, size_t file, Mark mark);

  // All problems with file, line, column and excerpt, in the order of the files.
  std::vector<v1::Problem> Locate(const ProblemList& problems) const;
  // Sets file, line, column and excerpt of one problem to a known place.
  void SetPlace(size_t file, Mark mark, v1::Problem& problem) const;

 private:
  struct File {
    std::string name;
    std::string text;
    std::vector<uint32_t> line_starts;
  };
  struct Place {
    size_t file = 0;
    Mark mark;
    bool scalar = false;
    bool script = false;  // offsets of problems at or below it are bytes of the file
    Mark key;             // of the entry that it is the value of, else the mark
  };

  const Place* FindNearest(std::string& path, bool* exact) const;
  std::string_view LineOf(const File& file, uint32_t line) const;
  static Mark MarkAt(const File& file, size_t position);
  // Where byte `offset` of a scalar's value stands in the file.
  Mark MarkInScalar(const Place& place, uint32_t offset) const;

  std::vector<File> files_;
  std::map<std::string, Place, std::less<>> places_;
};

// Joins a path: `views` + `late` = `views.late`.
std::string JoinPath(std::string_view path, std::string_view key);
// `sources` + 0 = `sources[0]`.
std::string JoinPath(std::string_view path, size_t index);

}  // namespace freshet
