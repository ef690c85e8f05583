// Where a large file can be cut into ranges: between two of its records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/connectors/api/record_options.h"
#include "server/connectors/files/open_file.h"
#include "server/formats/api/format.h"

namespace freshet {

struct CutRules {
  uint64_t split_bytes = 0;  // files above it are cut
  // Of records that may hold newlines (CSV: in quotes): where one ends is known only to who went through all before it.
  // nullptr: each newline ends one, and a cut is found from anywhere.
  const Framer* framer = nullptr;  // outlives the rules
  size_t max_record_bytes = 0;
};

// Of a source; the framer is its own.
CutRules CutRulesOf(const RecordSettings& settings, const Framer* framer, uint64_t split_bytes);

// How far a search for a cut has come, so that a later one goes on there.
struct CutSearch {
  int64_t at = 0;      // with a framer: a record begins there
  int64_t lines = -1;  // newlines before it, -1: not counted

  bool operator==(const CutSearch&) const = default;
};
// From the first byte of a range.
CutSearch SearchFrom(const CutRules& rules, int64_t start, int64_t lines_before);

// What of a file is there.
struct FileEnd {
  int64_t size = 0;
  bool final = false;  // nothing will be appended
};

// The byte behind the first record that ends behind `from`; no value: there is none yet. A record that is longer than
// allowed, or has quotes that fit nowhere, ends where a reader says that it does. The search stands at the cut then.
absl::StatusOr<std::optional<int64_t>> FindCut(const CutRules& rules, const OpenFile& file, int64_t from, FileEnd end,
                                               CutSearch* search);

// Where a range that begins at `start` is to be cut: behind the first record that ends behind this.
int64_t NextCut(int64_t start, uint64_t split_bytes);
// The number of a range of a file, from 0.
int64_t RangeNumber(int64_t start, uint64_t split_bytes);

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// Where the records of a file begin: behind its byte order mark.
absl::StatusOr<int64_t> FirstRecord(const OpenFile& file);

}  // namespace freshet
