#include "server/definitions/document.h"

namespace freshet {

std::string_view DescribeKind(DocumentKind kind) {
  switch (kind) {
    case DocumentKind::kNull:
      return "nothing";
    case DocumentKind::kScalar:
      return "a plain value";
    case DocumentKind::kSequence:
      return "a list";
    case DocumentKind::kMapping:
      return "a mapping";
  }
  __builtin_unreachable();
}

}  // namespace freshet
