// The format `raw`: the whole line or message is one text column.
#pragma once

#include "server/formats/api/format.h"

namespace freshet {

const Format& RawFormat();

}  // namespace freshet
