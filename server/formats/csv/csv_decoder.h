// Finds the fields of a CSV record.
#pragma once

#include <memory>

#include "server/formats/api/format.h"

namespace freshet {

struct CsvOptions {
  char delimiter = ',';
  std::string null_string;  // an unquoted field that is NULL
};

// Fields go by name (spec.header: the first record of each file) or by position, in the order of the columns that are
// in the record. The number of fields must be that of the header or of the columns.
std::unique_ptr<RecordDecoder> MakeCsvDecoder(DecoderSpec spec, CsvOptions options);
// The fields are the key columns in the order of PRIMARY KEY.
std::unique_ptr<RecordDecoder> MakeCsvKeyDecoder(DecoderSpec spec, CsvOptions options);

}  // namespace freshet
