#include "server/storage/crc32c.h"

#include <nmmintrin.h>

#include <cstring>

namespace freshet {

uint32_t Crc32c(std::string_view bytes, uint32_t before) {
  uint64_t crc = ~before;
  const char* data = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; data += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, data, 8);
    crc = _mm_crc32_u64(crc, word);
  }
  for (; left > 0; ++data, --left) {
    crc = _mm_crc32_u8(static_cast<uint32_t>(crc), static_cast<unsigned char>(*data));
  }
  return ~static_cast<uint32_t>(crc);
}

}  // namespace freshet
