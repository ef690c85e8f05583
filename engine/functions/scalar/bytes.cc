// bytea and uuid, and their digests.
#include <optional>

#include "engine/base/utf8.h"
#include "engine/columnar/byte_text.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/digest.h"
#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

std::string_view BytesAt(const Vector& vector, uint32_t row) { return vector.At<StringCell>(row).view(); }

// `build(row, &out)` gives the cell's bytes, or the reason why there are none.
template <typename Build>
void BuildBytes(KernelCall& call, Build build) {
  std::string& out = call.scratch();
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    out.clear();
    CellError error = build(row, &out);
    if (error == CellError::kNone && out.size() > kMaxTextBytes) error = CellError::kTooLarge;
    if (error == CellError::kNone) return call.Text(out);
    call.Fail(row, error);
    return StringCell();
  });
}

template <std::optional<std::string> (*kRead)(std::string_view)>
void FromText(KernelCall& call) {
  BuildBytes(call, [&](uint32_t row, std::string* out) {
    std::optional<std::string> read = kRead(BytesAt(call.argument(0), row));
    if (!read) return CellError::kInvalidText;
    *out = *std::move(read);
    return CellError::kNone;
  });
}

template <void (*kWrite)(std::string_view, std::string*)>
void ToText(KernelCall& call) {
  BuildBytes(call, [&](uint32_t row, std::string* out) {
    kWrite(BytesAt(call.argument(0), row), out);
    return CellError::kNone;
  });
}

void Join(KernelCall& call) {
  BuildBytes(call, [&](uint32_t row, std::string* out) {
    out->append(BytesAt(call.argument(0), row)).append(BytesAt(call.argument(1), row));
    return CellError::kNone;
  });
}

template <int32_t kFactor>
void Length(KernelCall& call) {
  const Vector& bytes = call.argument(0);
  ComputeRows<int32_t>(call, [&](uint32_t row) { return static_cast<int32_t>(BytesAt(bytes, row).size()) * kFactor; });
}

// From a place on, that counts from 1 and may lie before it; the length counts from there.
void Part(KernelCall& call) {
  BuildBytes(call, [&](uint32_t row, std::string* out) {
    const std::string_view bytes = BytesAt(call.argument(0), row);
    const int64_t begin = call.argument(1).At<int32_t>(row);
    int64_t end = static_cast<int64_t>(bytes.size()) + 1;
    if (call.argument_count() == 3) {
      const int64_t length = call.argument(2).At<int32_t>(row);
      if (length < 0) return CellError::kInvalidArgument;
      end = std::min(end, begin + length);
    }
    const int64_t first = std::max<int64_t>(begin, 1);
    if (end > first) out->append(bytes.substr(static_cast<size_t>(first - 1), static_cast<size_t>(end - first)));
    return CellError::kNone;
  });
}

void GetByte(KernelCall& call) {
  ComputeRows<int32_t>(call, [&](uint32_t row) {
    const std::string_view bytes = BytesAt(call.argument(0), row);
    const int64_t place = call.argument(1).At<int32_t>(row);
    if (place >= 0 && place < static_cast<int64_t>(bytes.size())) {
      return static_cast<int32_t>(static_cast<uint8_t>(bytes[static_cast<size_t>(place)]));
    }
    call.Fail(row, CellError::kInvalidArgument);
    return 0;
  });
}

void AppendEscaped(std::string_view bytes, std::string* out) {
  for (char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '\\') {
      out->append("\\\\");
    } else if (byte == 0 || byte >= 0x80) {
      out->push_back('\\');
      for (int shift = 6; shift >= 0; shift -= 3) out->push_back(static_cast<char>('0' + (byte >> shift & 7)));
    } else {
      out->push_back(c);
    }
  }
}

// PostgreSQL breaks lines of base64.
void AppendBase64Lines(std::string_view bytes, std::string* out) {
  constexpr size_t kBytesALine = 57;
  for (size_t begin = 0; begin < bytes.size(); begin += kBytesALine) {
    if (begin > 0) out->push_back('\n');
    AppendBase64(bytes.substr(begin, kBytesALine), out);
  }
}

void Encode(KernelCall& call) {
  BuildBytes(call, [&](uint32_t row, std::string* out) {
    const std::string_view bytes = BytesAt(call.argument(0), row), form = BytesAt(call.argument(1), row);
    if (form == "hex") {
      AppendHex(bytes, out);
    } else if (form == "base64") {
      AppendBase64Lines(bytes, out);
    } else if (form == "escape") {
      AppendEscaped(bytes, out);
    } else {
      return CellError::kInvalidArgument;
    }
    return CellError::kNone;
  });
}

void Decode(KernelCall& call) {
  BuildBytes(call, [&](uint32_t row, std::string* out) {
    const std::string_view text = BytesAt(call.argument(0), row), form = BytesAt(call.argument(1), row);
    std::optional<std::string> read;
    if (form == "hex") {
      read = ParseHex(text);
    } else if (form == "base64") {
      read = ParseBase64(text);
    } else if (form == "escape" && !text.starts_with("\\x")) {
      read = ParseBytea(text);
    }
    if (!read) return CellError::kInvalidArgument;
    *out = *std::move(read);
    return CellError::kNone;
  });
}

bool IsUtf8Name(std::string_view name) {
  return name == "UTF8" || name == "utf8" || name == "UTF-8" || name == "utf-8";
}

void ConvertTo(KernelCall& call) {
  BuildBytes(call, [&](uint32_t row, std::string* out) {
    if (!IsUtf8Name(BytesAt(call.argument(1), row))) return CellError::kInvalidArgument;
    out->append(BytesAt(call.argument(0), row));
    return CellError::kNone;
  });
}

void ConvertFrom(KernelCall& call) {
  BuildBytes(call, [&](uint32_t row, std::string* out) {
    const std::string_view bytes = BytesAt(call.argument(0), row);
    const bool good = IsUtf8Name(BytesAt(call.argument(1), row)) && ValidUtf8Prefix(bytes) == bytes.size() &&
                      bytes.find('\0') == std::string_view::npos;
    if (!good) return CellError::kInvalidArgument;
    out->append(bytes);
    return CellError::kNone;
  });
}

template <std::string (*kDigest)(std::string_view)>
void Digest(KernelCall& call) {
  BuildBytes(call, [&](uint32_t row, std::string* out) {
    *out = kDigest(BytesAt(call.argument(0), row));
    return CellError::kNone;
  });
}

void Md5Hex(KernelCall& call) {
  BuildBytes(call, [&](uint32_t row, std::string* out) {
    AppendHex(Md5(BytesAt(call.argument(0), row)), out);
    return CellError::kNone;
  });
}

}  // namespace

void AddByteFunctions(ScalarFunctionList* list) {
  using enum TypeKind;
  auto add = [&](std::string_view name, std::vector<TypeKind> arguments, TypeKind result, ScalarKernel kernel,
                 std::string_view doc) { list->push_back({name, std::move(arguments), result, kernel, doc}); };
  add("||", {kBytea, kBytea}, kBytea, Join, "The bytes of the one behind those of the other.");
  add("length", {kBytea}, kInteger, Length<1>, "The number of bytes.");
  add("octet_length", {kBytea}, kInteger, Length<1>, "The number of bytes.");
  add("bit_length", {kBytea}, kInteger, Length<8>, "The number of bits.");
  for (std::string_view name : {"substring", "substr"}) {
    add(name, {kBytea, kInteger}, kBytea, Part, "The bytes from a place on, which counts from 1.");
    add(name, {kBytea, kInteger, kInteger}, kBytea, Part, "So many bytes from a place on, which counts from 1.");
  }
  add("get_byte", {kBytea, kInteger}, kInteger, GetByte, "The byte at a place, which counts from 0.");
  add("encode", {kBytea, kText}, kText, Encode, "The bytes as text: hex, base64 or escape.");
  add("decode", {kText, kText}, kBytea, Decode, "The bytes of a text in hex, base64 or escape.");
  add("convert_to", {kText, kText}, kBytea, ConvertTo, "The bytes of a text in an encoding: UTF8.");
  add("convert_from", {kBytea, kText}, kText, ConvertFrom, "The text of bytes in an encoding: UTF8.");
}

void AddDigestFunctions(ScalarFunctionList* list) {
  using enum TypeKind;
  for (TypeKind type : {kText, kBytea}) {
    list->push_back({"md5", {type}, kText, Md5Hex, "The MD5 digest in hexadecimal digits."});
  }
  list->push_back({"sha224", {kBytea}, kBytea, Digest<Sha224>, "The SHA-224 digest."});
  list->push_back({"sha256", {kBytea}, kBytea, Digest<Sha256>, "The SHA-256 digest."});
  list->push_back({"sha384", {kBytea}, kBytea, Digest<Sha384>, "The SHA-384 digest."});
  list->push_back({"sha512", {kBytea}, kBytea, Digest<Sha512>, "The SHA-512 digest."});
}

void AddByteCasts(ScalarFunctionList* list) {
  using enum TypeKind;
  list->push_back({"cast", {kText}, kBytea, FromText<ParseBytea>, "Reads \\x and hexadecimal digits, or escapes."});
  list->push_back({"cast", {kBytea}, kText, ToText<AppendBytea>, "Writes \\x and hexadecimal digits."});
  list->push_back({"cast", {kText}, kUuid, FromText<ParseUuid>, "Reads 32 hexadecimal digits."});
  list->push_back({"cast", {kUuid}, kText, ToText<AppendUuid>, "Writes 8-4-4-4-12 hexadecimal digits."});
}

}  // namespace freshet
