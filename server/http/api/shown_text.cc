#include "server/http/api/shown_text.h"

#include "engine/base/utf8.h"

namespace freshet {

std::string ShownText(std::string_view bytes) {
  std::string shown;
  while (true) {
    size_t valid = ValidUtf8Prefix(bytes);
    shown.append(bytes.substr(0, valid));
    if (valid == bytes.size()) return shown;
    shown.append("\xEF\xBF\xBD");
    bytes.remove_prefix(valid + 1);
  }
}

}  // namespace freshet
