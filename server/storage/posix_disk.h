// The disk of the operating system.
#pragma once

#include <memory>

#include "server/storage/disk.h"

namespace freshet {

std::unique_ptr<Disk> MakePosixDisk();

}  // namespace freshet
