#include "engine/columnar/json_text.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/columnar/characters.h"
#include "engine/columnar/numeric.h"

namespace freshet {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

struct Member {
  std::string name, value;
  size_t place = 0;
};

class Canonicalizer {
 public:
  explicit Canonicalizer(std::string_view text) : rest_(text) {}

  bool Read(std::string* out) {
    if (!ReadValue(0, out)) return false;
    SkipBlanks();
    return rest_.empty();
  }

 private:
  void SkipBlanks() {
    while (!rest_.empty() && IsBlank(rest_.front())) rest_.remove_prefix(1);
  }
  bool Take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool TakeWord(std::string_view word, std::string* out) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    out->append(word);
    return true;
  }

  bool ReadValue(int depth, std::string* out) {
    if (depth > kMaxJsonDepth) return false;
    SkipBlanks();
    if (rest_.empty()) return false;
    switch (rest_.front()) {
      case '{':
        return ReadObject(depth, out);
      case '[':
        return ReadArray(depth, out);
      case '"': {
        std::string characters;
        if (!ReadString(&characters)) return false;
        AppendJsonText(characters, out);
        return true;
      }
      case 't':
        return TakeWord("true", out);
      case 'f':
        return TakeWord("false", out);
      case 'n':
        return TakeWord("null", out);
      default:
        return ReadNumber(out);
    }
  }

  bool ReadObject(int depth, std::string* out) {
    Take('{');
    std::vector<Member> members;
    SkipBlanks();
    while (!Take('}')) {
      if (!members.empty() && !Take(',')) return false;
      auto& [name, value, place] = members.emplace_back();
      place = members.size();
      SkipBlanks();
      if (!ReadString(&name)) return false;
      SkipBlanks();
      if (!Take(':') || !ReadValue(depth + 1, &value)) return false;
      SkipBlanks();
    }
    std::ranges::sort(members, {}, [](const Member& member) {
      return std::tuple(member.name.size(), std::string_view(member.name), member.place);
    });
    out->push_back('{');
    bool first = true;
    for (size_t i = 0; i < members.size(); ++i) {
      if (i + 1 < members.size() && members[i + 1].name == members[i].name) continue;
      if (!std::exchange(first, false)) out->append(", ");
      AppendJsonText(members[i].name, out);
      out->append(": ").append(members[i].value);
    }
    out->push_back('}');
    return true;
  }

  bool ReadArray(int depth, std::string* out) {
    Take('[');
    out->push_back('[');
    bool first = true;
    SkipBlanks();
    while (!Take(']')) {
      if (!std::exchange(first, false)) {
        if (!Take(',')) return false;
        out->append(", ");
      }
      if (!ReadValue(depth + 1, out)) return false;
      SkipBlanks();
    }
    out->push_back(']');
    return true;
  }

  bool ReadNumber(std::string* out) {
    size_t size = rest_.starts_with('-') ? 1 : 0;
    auto digits = [&] {
      const size_t begin = size;
      while (size < rest_.size() && IsDigit(rest_[size])) ++size;
      return size - begin;
    };
    const size_t whole_begin = size;
    const size_t whole = digits();
    if (whole == 0 || (whole > 1 && rest_[whole_begin] == '0')) return false;
    if (size < rest_.size() && rest_[size] == '.') {
      ++size;
      if (digits() == 0) return false;
    }
    if (size < rest_.size() && (rest_[size] == 'e' || rest_[size] == 'E')) {
      ++size;
      if (size < rest_.size() && (rest_[size] == '+' || rest_[size] == '-')) ++size;
      if (digits() == 0) return false;
    }
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    // What a numeric cannot hold stays as it is written.
    std::optional<Numeric> value = ParseNumeric(text);
    out->append(value ? FormatNumeric(*value) : std::string(text));
    return true;
  }

  bool ReadHex4(uint32_t* out) {
    if (rest_.size() < 4) return false;
    *out = 0;
    for (char c : rest_.substr(0, 4)) {
      const char lower = static_cast<char>(c | 0x20);
      if (!IsDigit(c) && (lower < 'a' || lower > 'f')) return false;
      *out = *out << 4 | static_cast<uint32_t>(IsDigit(c) ? c - '0' : lower - 'a' + 10);
    }
    rest_.remove_prefix(4);
    return true;
  }

  bool ReadUnicode(std::string* out) {
    uint32_t code = 0;
    if (!ReadHex4(&code) || code == 0 || (code >= 0xDC00 && code < 0xE000)) return false;
    if (code >= 0xD800 && code < 0xDC00) {
      uint32_t low = 0;
      if (!Take('\\') || !Take('u') || !ReadHex4(&low) || low < 0xDC00 || low >= 0xE000) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    AppendCharacter(static_cast<char32_t>(code), out);
    return true;
  }

  bool ReadString(std::string* out) {
    if (!Take('"')) return false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        out->push_back(c);
        continue;
      }
      if (rest_.empty()) return false;
      const char escaped = rest_.front();
      rest_.remove_prefix(1);
      static constexpr std::string_view kLetters = "\"\\/bfnrt", kCharacters = "\"\\/\b\f\n\r\t";
      if (escaped == 'u') {
        if (!ReadUnicode(out)) return false;
      } else if (size_t at = kLetters.find(escaped); at != std::string_view::npos) {
        out->push_back(kCharacters[at]);
      } else {
        return false;
      }
    }
    return false;
  }

  std::string_view rest_;
};

// Bytes of the value at the front of a text in its one form.
size_t ValueBytes(std::string_view text) {
  size_t at = 0;
  int depth = 0;
  do {
    switch (text[at]) {
      case '"':
        for (++at; text[at] != '"'; ++at) at += text[at] == '\\' ? 1 : 0;
        ++at;
        break;
      case '{':
      case '[':
        ++depth;
        ++at;
        break;
      case '}':
      case ']':
        --depth;
        ++at;
        break;
      default:
        at = std::min(text.find_first_of(depth > 0 ? "\"{}[]" : ",]}", at), text.size());
    }
  } while (depth > 0);
  return at;
}

}  // namespace

std::optional<std::string> CanonicalJson(std::string_view text) {
  std::string out;
  if (!Canonicalizer(text).Read(&out)) return std::nullopt;
  return out;
}

JsonKind JsonKindOf(std::string_view json) {
  switch (json.front()) {
    case '{':
      return JsonKind::kObject;
    case '[':
      return JsonKind::kArray;
    case '"':
      return JsonKind::kString;
    case 't':
    case 'f':
      return JsonKind::kBoolean;
    case 'n':
      return JsonKind::kNull;
    default:
      return JsonKind::kNumber;
  }
}

void ForEachJsonMember(std::string_view object, absl::FunctionRef<bool(std::string_view, std::string_view)> visit) {
  object.remove_prefix(1);
  while (object.front() == '"') {
    const size_t name = ValueBytes(object);
    const size_t value_begin = name + 2;
    const size_t value = ValueBytes(object.substr(value_begin));
    if (!visit(object.substr(1, name - 2), object.substr(value_begin, value))) return;
    object.remove_prefix(value_begin + value);
    if (object.starts_with(", ")) object.remove_prefix(2);
  }
}

void ForEachJsonElement(std::string_view array, absl::FunctionRef<bool(std::string_view)> visit) {
  array.remove_prefix(1);
  while (array.front() != ']') {
    const size_t value = ValueBytes(array);
    if (!visit(array.substr(0, value))) return;
    array.remove_prefix(value);
    if (array.starts_with(", ")) array.remove_prefix(2);
  }
}

std::optional<std::string_view> JsonMember(std::string_view json, std::string_view name) {
  std::optional<std::string_view> found;
  if (JsonKindOf(json) != JsonKind::kObject) return found;
  std::string written;
  AppendJsonText(name, &written);
  const std::string_view wanted = std::string_view(written).substr(1, written.size() - 2);
  ForEachJsonMember(json, [&](std::string_view each, std::string_view value) {
    if (each == wanted) found = value;
    return !found;
  });
  return found;
}

int64_t CountJsonElements(std::string_view array) {
  int64_t count = 0;
  ForEachJsonElement(array, [&](std::string_view) {
    ++count;
    return true;
  });
  return count;
}

std::optional<std::string_view> JsonElement(std::string_view json, int64_t place) {
  std::optional<std::string_view> found;
  if (JsonKindOf(json) != JsonKind::kArray) return found;
  if (place < 0) place += CountJsonElements(json);
  if (place < 0) return found;
  ForEachJsonElement(json, [&](std::string_view value) {
    if (place-- == 0) found = value;
    return !found;
  });
  return found;
}

std::string JsonStringValue(std::string_view json) {
  std::string characters;
  static constexpr std::string_view kLetters = "bfnrt", kCharacters = "\b\f\n\r\t";
  for (size_t i = 1; i + 1 < json.size(); ++i) {
    if (json[i] != '\\') {
      characters.push_back(json[i]);
      continue;
    }
    const char escaped = json[++i];
    if (escaped == 'u') {  // of control characters alone
      characters.push_back(static_cast<char>((json[i + 3] - '0') << 4 |
                                             (IsDigit(json[i + 4]) ? json[i + 4] - '0' : json[i + 4] - 'a' + 10)));
      i += 4;
    } else if (size_t at = kLetters.find(escaped); at != std::string_view::npos) {
      characters.push_back(kCharacters[at]);
    } else {
      characters.push_back(escaped);
    }
  }
  return characters;
}

void AppendJsonText(std::string_view characters, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  static constexpr std::string_view kPlain = "\"\\\b\f\n\r\t", kLetters = "\"\\bfnrt";
  out->push_back('"');
  for (char c : characters) {
    if (size_t at = kPlain.find(c); at != std::string_view::npos) {
      out->push_back('\\');
      out->push_back(kLetters[at]);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out->append("\\u00");
      out->push_back(kHex[c >> 4]);
      out->push_back(kHex[c & 15]);
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

}  // namespace freshet
