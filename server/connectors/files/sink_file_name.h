// The names of a sink's files: which shard, which epochs, and whether the file is still written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/ids.h"

namespace freshet {

struct SinkFileName {
  std::string sink;
  uint32_t shard = 0;
  Epoch first;
  Epoch last;  // of files that are not open
  bool open = false;
  std::string extension;  // "jsonl", "csv"

  std::string Text() const;
  bool operator==(const SinkFileName&) const = default;
};

// No value: the name of something else.
std::optional<SinkFileName> ParseSinkFileName(std::string_view name);

}  // namespace freshet
