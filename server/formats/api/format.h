// The format seam: how the bytes of a source are cut into records, and a record into fields.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/formats/api/option.h"
#include "server/formats/api/record.h"
#include "server/formats/api/table_shape.h"

namespace freshet {

// What the bytes at the front of a stream are.
struct RecordFrame {
  enum class Kind : uint8_t {
    kRecord,
    kBlank,       // a line without a record
    kBad,         // broken framing: the first line is lost, what follows is read on
    kIncomplete,  // more bytes are needed
  };
  Kind kind = Kind::kIncomplete;
  bool plain = true;         // no quoting inside: a decoder may split at delimiters alone
  size_t size = 0;           // of the record, without its line end
  size_t next = 0;           // where to go on
  uint32_t newlines = 0;     // in those bytes
  std::string_view message;  // kBad: why
};

// Whole records at the front of some bytes.
struct RecordStretch {
  size_t bytes = 0;
  uint32_t newlines = 0;
};

// Cuts bytes into records. Stateless: the same records whatever the blocks they came in.
class Framer {
 public:
  virtual ~Framer() = default;
  // Records at the front of `bytes` that can be passed without a look at each; it may find none where there are some.
  virtual RecordStretch Pass(std::string_view /*bytes*/) const { return {}; }
  // `bytes` begins at a record and is not empty; `last`: nothing follows them. kRecordPadding bytes behind are
  // readable.
  virtual RecordFrame Next(std::string_view bytes, bool last) const = 0;
};

// One record per line: JSON lines, plain text.
std::unique_ptr<Framer> MakeLineFramer(bool blank_lines_are_records);

// The record that a decoder is given; see RecordFrame for `plain`.
struct RecordText {
  std::string_view text;
  bool plain = false;
};

// Finds the fields of a record. Not thread-safe; views in the row live until the next call.
class RecordDecoder {
 public:
  virtual ~RecordDecoder() = default;
  // Whether the first record of a file names the fields: it then goes to ReadHeader, before any other of the file.
  virtual bool wants_header() const { return false; }
  // Error: none of the file's records can be decoded; each is rejected with this reason.
  virtual std::optional<Rejection> ReadHeader(RecordText) { return std::nullopt; }
  // Fills `row` (cells of the columns that are in the record and were asked for), or says why the framing is broken.
  virtual std::optional<Rejection> Decode(const RecordText& record, FieldRow& row) = 0;
};

using OptionMap = std::map<std::string, std::string>;

// What a record means (INTERFACES: envelope). kRowOrChange: of HTTP ingest, a row or one of {"insert":{}},
// {"upsert":{}},
// {"delete":{}}.
enum class Envelope : uint8_t { kPlain, kUpsert, kChanges, kRowOrChange };

// What a decoder is made for.
struct DecoderSpec {
  TableShape shape;
  std::vector<bool> needed;  // by column: whether its field is looked for (NeededColumns)
  OptionMap options;
  Envelope envelope = Envelope::kPlain;
  bool header = false;  // the first record names the fields (formats that have headers)
};

class Format {
 public:
  virtual ~Format() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view doc() const = 0;
  virtual std::span<const OptionDeclaration> options() const = 0;
  // Whether every newline ends a record, so that a file can be cut at any and read in ranges; else it can be cut only
  // where one has gone through its records.
  virtual bool splits_at_newlines() const = 0;
  // Whether a file of it begins with the names of its fields, unless the option `header` says otherwise.
  virtual bool has_header() const { return false; }
  // Problems of a table's declaration with this format beside those of single options. Paths as Connector::Validate's.
  virtual void Validate(const v1::Table& table, Envelope envelope, Problems& problems) const = 0;
  virtual std::unique_ptr<Framer> MakeFramer(const DecoderSpec& spec) const = 0;
  virtual absl::StatusOr<std::unique_ptr<RecordDecoder>> MakeDecoder(DecoderSpec spec) const = 0;
  // Decodes message keys into the key columns alone.
  virtual absl::StatusOr<std::unique_ptr<RecordDecoder>> MakeKeyDecoder(DecoderSpec spec) const = 0;
};

}  // namespace freshet
