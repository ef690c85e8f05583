// The checksum of records is a sum over their hashes: it does not depend on how they were put into blocks, so that a
// replay, whose blocks end elsewhere, comes to the same.
#include "server/connectors/api/block_builder.h"

#include "engine/base/check.h"
#include "engine/base/key_hash.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

constexpr uint64_t kChecksumSeed = 0x46726573686574ull;
// A block ends at a full batch, or earlier where its rows are long or mostly bad.
constexpr size_t kBlockBytes = 1 << 20;
constexpr size_t kBlockRejected = 512;
// What a block takes beside its rows.
constexpr uint64_t kBlockOverhead = 512;

}  // namespace

absl::StatusOr<std::unique_ptr<BlockBuilder>> BlockBuilder::Make(const v1::PhysicalSource& source, bool files) {
  ASSIGN_OR_RETURN(RecordSettings settings, ReadRecordSettings(source.binding(), files));
  return Make(source, std::move(settings));
}

absl::StatusOr<std::unique_ptr<BlockBuilder>> BlockBuilder::Make(const v1::PhysicalSource& source,
                                                                 RecordSettings settings) {
  ASSIGN_OR_RETURN(TableShape shape, MakeTableShape(source.declaration()));
  RowWriter::Options options;
  options.wanted.assign(source.columns().begin(), source.columns().end());
  for (uint32_t column : options.wanted) {
    if (column >= shape.columns.size()) {
      return absl::InternalError(
          StrCat("the plan reads column ", column, " of ", source.table(), ", which has ", shape.columns.size()));
    }
  }
  options.bad_value = settings.bad_value;
  options.stamped = source.stamped();
  RowWriter writer(std::move(shape), std::move(options));
  DecoderSpec spec;
  spec.shape = writer.shape();
  spec.needed = writer.needed();
  spec.options = OptionsOf(source.binding());
  spec.envelope = settings.envelope;
  spec.header = settings.header;
  std::unique_ptr<BlockBuilder> builder(new BlockBuilder(settings, std::move(writer), spec));
  ASSIGN_OR_RETURN(builder->decoder_, settings.format->MakeDecoder(spec));
  if (settings.key_format != nullptr) {
    ASSIGN_OR_RETURN(builder->key_decoder_, settings.key_format->MakeKeyDecoder(spec));
  }
  return builder;
}

BlockBuilder::BlockBuilder(RecordSettings settings, RowWriter writer, DecoderSpec spec)
    : settings_(settings), writer_(std::move(writer)), spec_(std::move(spec)) {
  row_.cells.resize(writer_.shape().columns.size());
  key_row_.cells.resize(writer_.shape().columns.size());
}

std::unique_ptr<Framer> BlockBuilder::MakeFramer() const { return settings_.format->MakeFramer(spec_); }

void BlockBuilder::SetPartition(std::string name, PartitionPlace place) {
  CHECK(empty());
  block_.partition = std::move(name);
  writer_.SetPartition(std::move(place));
}

void BlockBuilder::AddHeader(RecordText record, const RecordPlace& place, PositionText position) {
  if (auto rejection = decoder_->ReadHeader(record)) AddRejected(record, *std::move(rejection), place, position);
}

void BlockBuilder::ReadHeaderAgain(RecordText record) { (void)decoder_->ReadHeader(record); }

void BlockBuilder::Count(std::string_view record, int64_t offset) {
  uint64_t hash = HashBytes(record.data(), record.size(), kChecksumSeed);
  block_.end.checksum += HashInteger(hash, static_cast<uint64_t>(offset));
  block_.bytes += record.size();
}

// Key columns that the value does not hold come from the message key; a tombstone has them all from there.
std::optional<Rejection> BlockBuilder::FillKey(std::string_view text) {
  key_copy_.assign(text);
  key_copy_.append(kRecordPadding, '\0');
  RecordText key{std::string_view(key_copy_).substr(0, text.size()), false};
  if (auto rejection = key_decoder_->Decode(key, key_row_)) {
    return Rejection{ErrorCode::kBadKey, StrCat("message key: ", rejection->message)};
  }
  for (uint32_t column : writer_.shape().primary_key) {
    if (row_.cells[column].kind == FieldKind::kMissing) row_.cells[column] = key_row_.cells[column];
  }
  return std::nullopt;
}

std::optional<Rejection> BlockBuilder::WriteRow(const RecordPlace& place) {
  if (key_decoder_ != nullptr && place.key) {
    if (auto rejection = FillKey(*place.key)) return rejection;
  }
  return writer_.Write(row_, place);
}

void BlockBuilder::Add(const RecordText& record, const RecordPlace& place, PositionText position) {
  Count(record.text, place.offset);
  if (place.key) Count(*place.key, ~place.offset);
  std::optional<Rejection> rejection = decoder_->Decode(record, row_);
  if (!rejection) {
    block_.unknown_fields += row_.unknown_fields;
    rejection = WriteRow(place);
  }
  if (rejection) Reject(record.text, *std::move(rejection), place, position);
}

void BlockBuilder::Add(std::nullopt_t, const RecordPlace& place, PositionText position) {
  Count("", place.offset);
  if (place.key) Count(*place.key, ~place.offset);
  std::optional<Rejection> rejection;
  if (settings_.envelope == Envelope::kUpsert) {
    row_.Clear();
    row_.kind = ChangeKind::kDelete;
    rejection = WriteRow(place);
  } else {
    rejection = {ErrorCode::kMalformedRecord, "the message has no value; only envelope upsert takes tombstones"};
  }
  if (rejection) Reject("", *std::move(rejection), place, position);
}

void BlockBuilder::AddRejected(RecordText head, Rejection rejection, const RecordPlace& place, PositionText position) {
  Count(head.text, place.offset);
  Reject(head.text, std::move(rejection), place, position);
}

void BlockBuilder::Reject(std::string_view head, Rejection rejection, const RecordPlace& place, PositionText position) {
  RejectedRecord rejected;
  rejected.partition = block_.partition;
  rejected.offset = place.offset;
  rejected.stamp_time = place.stamp_time;
  rejected.position = position();
  rejected.code = rejection.code;
  rejected.message = std::move(rejection.message);
  bool inside = rejection.at >= head.data() && rejection.at <= head.data() + head.size();
  if (rejection.at != nullptr && inside) rejected.at = rejection.at - head.data();
  rejected.record = std::string(head.substr(0, kDeadLetterBytes));
  rejected_bytes_ += sizeof(rejected) + rejected.record.size() + rejected.message.size();
  block_.rejected.push_back(std::move(rejected));
}

bool BlockBuilder::full() const {
  return writer_.rows() >= kBatchRows || writer_.bytes() + rejected_bytes_ >= kBlockBytes ||
         block_.rejected.size() >= kBlockRejected;
}

DecodedBlock BlockBuilder::Finish(Position end) {
  end.checksum = block_.end.checksum;
  block_.memory = writer_.bytes() + rejected_bytes_ + kBlockOverhead;
  block_.end = std::move(end);
  block_.batch = writer_.Finish();
  std::string partition = block_.partition;
  DecodedBlock finished = std::exchange(block_, DecodedBlock());
  block_.partition = std::move(partition);
  rejected_bytes_ = 0;
  return finished;
}

}  // namespace freshet
