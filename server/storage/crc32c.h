// CRC-32C (Castagnoli), by the processor's instruction.
#pragma once

#include <cstdint>
#include <string_view>

namespace freshet {

// Goes on from the checksum of what stands before.
uint32_t Crc32c(std::string_view bytes, uint32_t before = 0);

}  // namespace freshet
