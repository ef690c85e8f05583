// A reader of its own: the JSON libraries at hand do not tell where a value stands, and YAML readers take JSON only
// nearly (tabs, \/ and surrogate pairs).
#include "server/definitions/json_document.h"

#include <unordered_set>

#include "absl/strings/ascii.h"
#include "engine/base/str_cat.h"

namespace freshet {
namespace {

void AppendUtf8(uint32_t code, std::string& out) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (code >> 6)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (code >> 12)));
    out.push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | (code >> 18)));
    out.push_back(static_cast<char>(0x80 | ((code >> 12) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

class JsonReader {
 public:
  JsonReader(std::string_view text, DocumentResult& result) : text_(text), result_(result) {}

  void Read() {
    SkipBlanks();
    if (at_ == text_.size()) return;
    if (!ReadValue(result_.root, 0)) return;
    SkipBlanks();
    if (at_ != text_.size()) Fail("there is text behind the end of the value");
  }

 private:
  bool Fail(std::string message) {
    result_.errors.push_back({Here(), std::move(message), ""});
    return false;
  }
  Mark Here() const { return {line_, static_cast<uint32_t>(at_ - line_start_), static_cast<uint32_t>(at_)}; }
  void SkipBlanks() {
    for (; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        return;
      }
    }
  }
  bool Take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool ReadValue(DocumentNode& node, uint32_t depth) {
    node.mark = Here();
    if (depth > kMaxDefinitionDepth) return Fail(StrCat("nested deeper than ", kMaxDefinitionDepth));
    if (at_ >= text_.size()) return Fail("the text ends where a value should stand");
    switch (text_[at_]) {
      case '{':
        return ReadObject(node, depth);
      case '[':
        return ReadArray(node, depth);
      case '"':
        node.kind = DocumentKind::kScalar;
        node.quoted = true;
        return ReadString(node.text);
      default:
        return ReadWord(node);
    }
  }

  bool ReadObject(DocumentNode& node, uint32_t depth) {
    node.kind = DocumentKind::kMapping;
    std::unordered_set<std::string> keys;
    ++at_;
    SkipBlanks();
    if (Take('}')) return true;
    while (true) {
      SkipBlanks();
      DocumentEntry entry;
      entry.key_mark = Here();
      if (at_ >= text_.size() || text_[at_] != '"') return Fail("a key in double quotes should stand here");
      if (!ReadString(entry.key)) return false;
      SkipBlanks();
      if (!Take(':')) return Fail("`:` should stand here");
      SkipBlanks();
      if (!ReadValue(entry.value, depth + 1)) return false;
      if (keys.insert(entry.key).second) {
        node.entries.push_back(std::move(entry));
      } else {
        result_.errors.push_back({entry.key_mark, StrCat("the key `", entry.key, "` stands twice"),
                                  "remove one of them", /*duplicate_key=*/true});
      }
      SkipBlanks();
      if (Take('}')) return true;
      if (!Take(',')) return Fail("`,` or `}` should stand here");
    }
  }

  bool ReadArray(DocumentNode& node, uint32_t depth) {
    node.kind = DocumentKind::kSequence;
    ++at_;
    SkipBlanks();
    if (Take(']')) return true;
    while (true) {
      SkipBlanks();
      node.items.emplace_back();
      if (!ReadValue(node.items.back(), depth + 1)) return false;
      SkipBlanks();
      if (Take(']')) return true;
      if (!Take(',')) return Fail("`,` or `]` should stand here");
    }
  }

  bool ReadHex(uint32_t& code) {
    code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_ >= text_.size() || !absl::ascii_isxdigit(static_cast<unsigned char>(text_[at_]))) {
        return Fail("four hexadecimal digits should stand behind \\u");
      }
      char c = absl::ascii_tolower(static_cast<unsigned char>(text_[at_]));
      code = code * 16 + static_cast<uint32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return true;
  }

  bool ReadEscape(std::string& out) {
    if (at_ >= text_.size()) return Fail("the text ends inside of a string");
    char c = text_[at_++];
    switch (c) {
      case '"':
      case '\\':
      case '/':
        out.push_back(c);
        return true;
      case 'b':
        out.push_back('\b');
        return true;
      case 'f':
        out.push_back('\f');
        return true;
      case 'n':
        out.push_back('\n');
        return true;
      case 'r':
        out.push_back('\r');
        return true;
      case 't':
        out.push_back('\t');
        return true;
      case 'u': {
        uint32_t code = 0;
        if (!ReadHex(code)) return false;
        if (code >= 0xD800 && code < 0xDC00) {
          uint32_t low = 0;
          if (!Take('\\') || !Take('u')) return Fail("half of a surrogate pair stands alone");
          if (!ReadHex(low)) return false;
          if (low < 0xDC00 || low > 0xDFFF) return Fail("half of a surrogate pair stands alone");
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        } else if (code >= 0xDC00 && code <= 0xDFFF) {
          return Fail("half of a surrogate pair stands alone");
        }
        AppendUtf8(code, out);
        return true;
      }
      default:
        --at_;
        return Fail("no such escape");
    }
  }

  bool ReadString(std::string& out) {
    ++at_;
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (static_cast<unsigned char>(c) < 0x20) return Fail("a control character inside of a string; escape it");
      ++at_;
      if (c == '"') return true;
      if (c != '\\') {
        out.push_back(c);
      } else if (!ReadEscape(out)) {
        return false;
      }
    }
    return Fail("the text ends inside of a string");
  }

  static bool IsNumber(std::string_view word) {
    size_t i = 0;
    auto digits = [&] {
      size_t from = i;
      while (i < word.size() && absl::ascii_isdigit(static_cast<unsigned char>(word[i]))) ++i;
      return i > from;
    };
    if (i < word.size() && word[i] == '-') ++i;
    size_t first = i;
    if (!digits() || (word[first] == '0' && i > first + 1)) return false;
    if (i < word.size() && word[i] == '.') {
      ++i;
      if (!digits()) return false;
    }
    if (i < word.size() && (word[i] == 'e' || word[i] == 'E')) {
      ++i;
      if (i < word.size() && (word[i] == '+' || word[i] == '-')) ++i;
      if (!digits()) return false;
    }
    return i == word.size();
  }

  bool ReadWord(DocumentNode& node) {
    size_t end = at_;
    while (end < text_.size() && (absl::ascii_isalnum(static_cast<unsigned char>(text_[end])) || text_[end] == '-' ||
                                  text_[end] == '+' || text_[end] == '.')) {
      ++end;
    }
    std::string_view word = text_.substr(at_, end - at_);
    if (word == "null") {
      node.kind = DocumentKind::kNull;
    } else if (word == "true" || word == "false" || IsNumber(word)) {
      node.kind = DocumentKind::kScalar;
      node.text = std::string(word);
    } else {
      return Fail("a value should stand here");
    }
    at_ = end;
    return true;
  }

  std::string_view text_;
  DocumentResult& result_;
  size_t at_ = 0;
  uint32_t line_ = 0;
  size_t line_start_ = 0;
};

}  // namespace

DocumentResult ParseJson(std::string_view text) {
  DocumentResult result;
  JsonReader(text, result).Read();
  return result;
}

}  // namespace freshet
