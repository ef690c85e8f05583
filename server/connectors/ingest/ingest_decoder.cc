#include "server/connectors/ingest/ingest_decoder.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/connectors/api/record_options.h"
#include "server/connectors/ingest/json_array.h"
#include "server/formats/api/record_buffer.h"
#include "server/formats/format_list.h"

namespace freshet {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

absl::StatusOr<std::unique_ptr<BlockBuilder>> MakeBuilder(v1::PhysicalSource source, std::string_view format) {
  (*source.mutable_binding()->mutable_options())["format"] = std::string(format);
  ASSIGN_OR_RETURN(RecordSettings settings, ReadRecordSettings(source.binding(), /*files=*/true));
  settings.envelope = format == "json" ? Envelope::kRowOrChange : Envelope::kPlain;
  return BlockBuilder::Make(source, std::move(settings));
}

// Lines and columns of places in a text, asked for in growing order.
class TextPlaces {
 public:
  explicit TextPlaces(std::string_view text) : text_(text) {}

  std::pair<int64_t, int64_t> LineAndColumn(size_t offset) {
    offset = std::min(offset, text_.size());
    if (offset < at_) at_ = line_begin_ = line_ = 0;
    while (true) {
      const void* newline = std::memchr(text_.data() + at_, '\n', offset - at_);
      if (newline == nullptr) break;
      at_ = static_cast<size_t>(static_cast<const char*>(newline) - text_.data()) + 1;
      line_begin_ = at_;
      ++line_;
    }
    at_ = offset;
    return {static_cast<int64_t>(line_) + 1, static_cast<int64_t>(offset - line_begin_) + 1};
  }

 private:
  const std::string_view text_;
  size_t at_ = 0;
  size_t line_begin_ = 0;
  size_t line_ = 0;
};

}  // namespace

struct IngestDecoder::Run {
  const IngestRequest& request;
  int64_t records_before;
  TextPlaces places;
  Decoded decoded;

  RecordPlace PlaceOf(size_t offset, int64_t line) const {
    RecordPlace place;
    place.offset = static_cast<int64_t>(request.position + offset);
    place.line = line;
    place.timestamp_micros = request.receipt_micros;
    place.stamp_time = request.receipt_micros;
    return place;
  }
};

absl::StatusOr<std::unique_ptr<IngestDecoder>> IngestDecoder::Make(const v1::PhysicalSource& source) {
  ASSIGN_OR_RETURN(std::unique_ptr<BlockBuilder> json, MakeBuilder(source, "json"));
  ASSIGN_OR_RETURN(std::unique_ptr<BlockBuilder> csv, MakeBuilder(source, "csv"));
  return std::unique_ptr<IngestDecoder>(new IngestDecoder(std::move(json), std::move(csv)));
}

IngestDecoder::IngestDecoder(std::unique_ptr<BlockBuilder> json, std::unique_ptr<BlockBuilder> csv)
    : json_(std::move(json)), csv_(std::move(csv)) {}

IngestDecoder::Decoded IngestDecoder::Decode(const IngestRequest& request, int64_t records) {
  Run run{request, records, TextPlaces(request.body), {}};
  BlockBuilder& builder = request.format == IngestFormat::kCsv ? *csv_ : *json_;
  builder.SetPartition(
      std::string(kIngestPartition),
      {.stamp_partition = std::string(kIngestPartition), .file = {}, .topic = {}, .partition = std::nullopt});
  if (request.format == IngestFormat::kJson) {
    DecodeElements(run);
  } else {
    DecodeLines(builder, run);
  }
  // Also a request without a record has a block: its position is reached by an epoch like any other.
  if (!builder.empty() || run.decoded.blocks.empty()) Flush(builder, run);
  for (size_t i = 0; i + 1 < run.decoded.blocks.size(); ++i) run.decoded.blocks[i].more = true;
  IngestOutcome& outcome = run.decoded.outcome;
  for (const DecodedBlock& block : run.decoded.blocks) outcome.rejected += block.rejected.size();
  outcome.accepted = static_cast<uint64_t>(run.decoded.records) - outcome.rejected;
  return std::move(run.decoded);
}

void IngestDecoder::DecodeLines(BlockBuilder& builder, Run& run) {
  std::unique_ptr<Framer> framer = builder.MakeFramer();
  RecordBuffer buffer(framer.get(), builder.settings().max_record_bytes);
  std::string_view body = run.request.body;
  size_t begin = body.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  buffer.Restart(static_cast<int64_t>(begin), 0);
  body.remove_prefix(begin);
  std::memcpy(buffer.Prepare(body.size()).data(), body.data(), body.size());
  buffer.Commit(body.size());
  buffer.SetLast(true);
  bool header = builder.wants_header();
  while (std::optional<StreamRecord> record = buffer.Next()) {
    RecordPlace place = run.PlaceOf(static_cast<size_t>(record->offset), record->line);
    auto position = [&] { return StrCat("line ", record->line, " of the request at ", run.request.position); };
    if (std::exchange(header, false)) {
      if (!record->bad) {
        builder.AddHeader(record->record, place, position);
        // A header that cannot be used counts as a record that was rejected.
        if (!builder.empty()) ++run.decoded.records;
        continue;
      }
      builder.ReadHeaderAgain(RecordText{"", false});
    }
    ++run.decoded.records;
    if (record->bad) {
      builder.AddRejected(record->record, buffer.rejection(), place, position);
    } else {
      builder.Add(record->record, place, position);
    }
    if (builder.full()) Flush(builder, run);
  }
}

void IngestDecoder::DecodeElements(Run& run) {
  // Behind the text there must be bytes to read.
  std::string padded;
  padded.reserve(run.request.body.size() + kRecordPadding);
  padded.append(run.request.body).append(kRecordPadding, '\0');
  std::string_view body = std::string_view(padded).substr(0, run.request.body.size());
  size_t begin = body.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  JsonElements elements(body.substr(begin));
  TextPlaces lines(run.request.body);
  while (std::optional<JsonElements::Element> element = elements.Next()) {
    ++run.decoded.records;
    size_t offset = begin + element->offset;
    int64_t line = lines.LineAndColumn(offset).first;
    RecordPlace place = run.PlaceOf(offset, line);
    auto position = [&] { return StrCat("line ", line, " of the request at ", run.request.position); };
    if (!element->problem.empty()) {
      std::string_view rest = body.substr(offset);
      Rejection rejection{ErrorCode::kMalformedRecord, std::string(element->problem), rest.data()};
      json_->AddRejected({rest, false}, std::move(rejection), place, position);
    } else if (element->text.size() > json_->settings().max_record_bytes) {
      Rejection rejection{ErrorCode::kRecordTooLarge,
                          StrCat("the record has ", element->text.size(), " bytes; max_record_bytes is ",
                                 json_->settings().max_record_bytes)};
      json_->AddRejected({element->text, false}, std::move(rejection), place, position);
    } else {
      json_->Add(RecordText{element->text, false}, place, position);
    }
    if (json_->full()) Flush(*json_, run);
  }
}

void IngestDecoder::Flush(BlockBuilder& builder, Run& run) {
  Position end;
  end.offset = static_cast<int64_t>(run.request.next);
  end.records = run.records_before + run.decoded.records;
  DecodedBlock block = builder.Finish(std::move(end));
  IngestOutcome& outcome = run.decoded.outcome;
  for (const RejectedRecord& rejected : block.rejected) {
    if (outcome.errors.size() == IngestOutcome::kErrorsMax) break;
    size_t offset = static_cast<size_t>(rejected.offset) - run.request.position;
    auto [line, column] = run.places.LineAndColumn(offset + static_cast<size_t>(std::max<int64_t>(rejected.at, 0)));
    outcome.errors.push_back({line, column, rejected.code, rejected.message});
  }
  run.decoded.blocks.push_back(std::move(block));
}

}  // namespace freshet
