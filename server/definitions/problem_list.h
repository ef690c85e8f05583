// Collects what is wrong in a definition: everything at once, each problem with its path. Where in which file that is,
// is found last (Places::Locate).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/v1/pipeline.pb.h"
#include "server/errors/error_list.h"

namespace freshet {

struct ProblemDraft {
  ErrorCode code = ErrorCode::kInvalidDefinition;
  std::string path;  // views.late.aggregate.values.delay
  std::string message;
  std::string suggestion = "";
  // Byte in the text of the scalar at `path`, for expressions.
  std::optional<uint32_t> offset = std::nullopt;
  v1::Problem::Severity severity = v1::Problem::ERROR;
};

class ProblemList {
 public:
  // Past this number only the count goes on: garbage of 4 MiB must not give a gigabyte of messages.
  static constexpr size_t kMaxKept = 200;

  void Add(ProblemDraft draft);
  // A problem that is complete already, as connectors report them.
  void AddProblem(v1::Problem problem);

  bool has_errors() const { return error_count_ > 0; }
  size_t error_count() const { return error_count_; }
  size_t dropped() const { return dropped_; }

  struct Entry {
    v1::Problem problem;
    std::optional<uint32_t> offset;
  };
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
  size_t error_count_ = 0;
  size_t dropped_ = 0;
};

}  // namespace freshet
