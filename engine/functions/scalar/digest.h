// Message digests: MD5 (RFC 1321) and SHA-2 (FIPS 180-4).
#pragma once

#include <string>
#include <string_view>

namespace freshet {

// The bytes of the digest.
std::string Md5(std::string_view message);
std::string Sha224(std::string_view message);
std::string Sha256(std::string_view message);
std::string Sha384(std::string_view message);
std::string Sha512(std::string_view message);

}  // namespace freshet
