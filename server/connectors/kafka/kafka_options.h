// The options of the connector `kafka`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "freshet/v1/plan.pb.h"
#include "server/formats/api/option.h"

namespace freshet {

enum class KafkaStart : uint8_t { kEarliest, kLatest, kTimestamp, kOffsets };

struct KafkaOptions {
  std::string brokers;
  std::string topic;
  bool follow = true;
  KafkaStart start = KafkaStart::kEarliest;
  int64_t start_timestamp_ms = 0;
  std::map<int32_t, int64_t> start_offsets;
  std::string group;
  int64_t partition_poll_interval_ms = 5000;
  // librdkafka's properties by their own names; secrets still as references.
  std::map<std::string, std::string> client;
};

std::span<const OptionDeclaration> KafkaOptionDeclarations();

// What single checks do not see: options that need each other, values that librdkafka does not take.
void CheckKafkaOptions(const v1::SourceBinding& binding, Problems& problems);

// `pipeline` and `table` make the default group. Error: a binding that did not pass validation.
absl::StatusOr<KafkaOptions> ReadKafkaOptions(const v1::SourceBinding& binding, std::string_view pipeline,
                                              std::string_view table);

}  // namespace freshet
