// The format `csv`.
#pragma once

#include "server/formats/api/format.h"

namespace freshet {

const Format& CsvFormat();

}  // namespace freshet
