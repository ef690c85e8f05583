// The format `json`: one object per line or message.
#pragma once

#include "server/formats/api/format.h"

namespace freshet {

const Format& JsonFormat();

}  // namespace freshet
