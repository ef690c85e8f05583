// The options that every connector takes beside its own: how records are coded and what they mean.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "freshet/v1/plan.pb.h"
#include "server/formats/api/format.h"
#include "server/formats/api/option.h"

namespace freshet {

// format, envelope, bad_value, max_record_bytes, key_format.
std::span<const OptionDeclaration> RecordOptions();

// What is known of a connector where records are concerned.
struct RecordTraits {
  std::string_view connector;
  std::span<const OptionDeclaration> options;  // the connector's own
  bool files = false;  // records stand in files: headers, file and line; else in messages: keys, topics, headers
};

// Every problem of a binding's options (the connector's, the records' and the format's) and of what the table's columns
// ask for. Paths as Connector::Validate's.
void ValidateRecords(const v1::Table& table, const v1::SourceBinding& binding, const RecordTraits& traits,
                     Problems& problems);

// The options of a binding as decoders need them. Error: a binding that did not pass validation.
struct RecordSettings {
  const Format* format = nullptr;
  const Format* key_format = nullptr;  // nullptr: keys are not decoded
  Envelope envelope = Envelope::kPlain;
  BadValue bad_value = BadValue::kError;
  size_t max_record_bytes = 0;
  bool header = false;
};
absl::StatusOr<RecordSettings> ReadRecordSettings(const v1::SourceBinding& binding, bool files);

OptionMap OptionsOf(const v1::SourceBinding& binding);

}  // namespace freshet
