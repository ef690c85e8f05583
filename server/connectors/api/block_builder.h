// Decodes the records of one source into blocks. The same for every connector: it knows the format, the envelope, the
// table's declaration and what becomes of records that cannot be used.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "freshet/v1/physical_plan.pb.h"
#include "server/connectors/api/decoded_block.h"
#include "server/connectors/api/record_options.h"
#include "server/formats/api/record_buffer.h"
#include "server/formats/api/row_writer.h"

namespace freshet {

// Says for people where a record stands; called only for dead letters.
using PositionText = absl::FunctionRef<std::string()>;

class BlockBuilder {
 public:
  // Error: a definition that did not pass validation.
  static absl::StatusOr<std::unique_ptr<BlockBuilder>> Make(const v1::PhysicalSource& source, bool files);
  // With settings that the binding does not say; its options are still the format's.
  static absl::StatusOr<std::unique_ptr<BlockBuilder>> Make(const v1::PhysicalSource& source, RecordSettings settings);

  const RecordSettings& settings() const { return settings_; }
  const TableShape& shape() const { return writer_.shape(); }
  // Cuts the bytes of this source's files.
  std::unique_ptr<Framer> MakeFramer() const;
  bool wants_header() const { return decoder_->wants_header(); }

  // Records that follow are of this partition. Only where empty().
  void SetPartition(std::string name, PartitionPlace place);
  // The names of the fields of the file at hand; a bad one is a dead letter, and so are all records of the file.
  void AddHeader(RecordText record, const RecordPlace& place, PositionText position);
  // The same for a file whose header was told before.
  void ReadHeaderAgain(RecordText record);
  void Add(const RecordText& record, const RecordPlace& place, PositionText position);
  // The null value of a message, a tombstone.
  void Add(std::nullopt_t, const RecordPlace& place, PositionText position);
  // A record whose framing is broken.
  void AddRejected(RecordText head, Rejection rejection, const RecordPlace& place, PositionText position);

  bool full() const;
  bool empty() const { return writer_.rows() == 0 && block_.rejected.empty(); }
  // What was added since the last call; `end` is where the partition stands, its checksum is set here. Its bytes
  // are those of the records; a connector that knows better says so.
  DecodedBlock Finish(Position end);

 private:
  BlockBuilder(RecordSettings settings, RowWriter writer, DecoderSpec spec);

  std::optional<Rejection> WriteRow(const RecordPlace& place);
  std::optional<Rejection> FillKey(std::string_view key);
  // Of a record that is counted already.
  void Reject(std::string_view head, Rejection rejection, const RecordPlace& place, PositionText position);
  void Count(std::string_view record, int64_t offset);

  RecordSettings settings_;
  RowWriter writer_;
  DecoderSpec spec_;
  std::unique_ptr<RecordDecoder> decoder_;
  std::unique_ptr<RecordDecoder> key_decoder_;  // nullptr: keys are not decoded
  FieldRow row_;
  FieldRow key_row_;
  std::string key_copy_;  // with padding behind it
  DecodedBlock block_;
  uint64_t rejected_bytes_ = 0;
};

}  // namespace freshet
