// Reads the fields of a mapping: required and optional ones, typed, each complaint with its path. What nobody asked for
// is an unknown key.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/map.h"
#include "server/definitions/document.h"
#include "server/definitions/problem_list.h"

namespace freshet {

class FieldReader {
 public:
  // `node` may be anything: what is not a mapping is a problem, and every field is then absent.
  FieldReader(const DocumentNode& node, std::string path, ProblemList& problems);

  const std::string& path() const { return path_; }
  std::string PathOf(std::string_view key) const;

  // nullptr: absent or null.
  const DocumentNode* Find(std::string_view key);
  // Likewise, and absent is a problem.
  const DocumentNode* Require(std::string_view key);

  // Absent or wrong: the fallback.
  std::string Text(std::string_view key, std::string fallback = "");
  std::string RequireText(std::string_view key);
  bool Boolean(std::string_view key);
  uint64_t Unsigned(std::string_view key, uint64_t limit);
  std::vector<std::string> Names(std::string_view key);
  // Calls `read` with each item of a list.
  void Items(std::string_view key, const std::function<void(const DocumentNode&, const std::string& path)>& read);
  // Calls `read` with each entry of a mapping.
  void Entries(std::string_view key,
               const std::function<void(const std::string& name, const DocumentNode&, const std::string& path)>& read);

  // The entries nobody has asked for so far; they count as known from now on.
  std::vector<const DocumentEntry*> TakeRest();
  // Takes the rest as options of a source or sink, which stand flat in a mapping: scalars of any type become texts.
  void TakeOptions(google::protobuf::Map<std::string, std::string>& options);
  // Complains about the rest.
  void Finish();

 private:
  void WrongKind(std::string_view key, const DocumentNode& node, std::string_view wanted);

  const DocumentNode& node_;
  std::string path_;
  ProblemList& problems_;
  std::vector<std::string> known_;
};

}  // namespace freshet
