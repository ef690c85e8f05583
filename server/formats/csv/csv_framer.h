// Cuts CSV (RFC 4180) into records: a quoted field may hold line ends, delimiters and doubled quotes.
#pragma once

#include <memory>

#include "server/formats/api/format.h"

namespace freshet {

// Blank lines are no records. A quote inside of an unquoted field, or anything but a delimiter or line end behind a
// closing quote, is broken framing.
std::unique_ptr<Framer> MakeCsvFramer(char delimiter);

}  // namespace freshet
