#include "tools/cli/output/error_text.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "engine/base/str_cat.h"
#include "server/errors/error_list.h"
#include "tools/cli/exit_code.h"

namespace freshet {
namespace {

constexpr size_t kExcerptMax = 160;  // characters

struct Excerpt {
  std::string line;
  std::string caret;
};

// Cuts a long line around the column, and puts the caret under it; a tab stays a tab in both lines.
Excerpt ExcerptOf(std::string_view line, uint32_t column) {
  std::vector<std::string_view> characters;
  for (size_t i = 0; i < line.size();) {
    size_t end = i + 1;
    while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) ++end;
    characters.push_back(line.substr(i, end - i));
    i = end;
  }
  size_t at = column - 1;
  size_t begin = at > kExcerptMax / 2 && characters.size() > kExcerptMax ? at - kExcerptMax / 2 : 0;
  Excerpt excerpt;
  for (size_t i = begin; i < characters.size() && i < begin + kExcerptMax; ++i) {
    std::string_view shown = characters[i];
    if (shown.size() == 1 && shown[0] != '\t' && static_cast<unsigned char>(shown[0]) < ' ') shown = " ";
    excerpt.line.append(shown);
    if (i < at) excerpt.caret.append(shown == "\t" ? "\t" : " ");
  }
  excerpt.caret.push_back('^');
  return excerpt;
}

std::string PlaceOf(const v1::Problem& problem) {
  std::string place = problem.file();
  if (problem.line() > 0) StrAppend(&place, place.empty() ? "line " : ":", problem.line());
  if (problem.line() > 0 && problem.column() > 0) StrAppend(&place, ":", problem.column());
  if (problem.line() == 0 && !problem.path().empty()) StrAppend(&place, place.empty() ? "" : ": ", problem.path());
  return place;
}

}  // namespace

std::string ProblemText(const v1::Problem& problem) {
  std::string place = PlaceOf(problem);
  std::string text = StrCat(place, place.empty() ? "" : ": ",
                            problem.severity() == v1::Problem::WARNING ? "warning: " : "error: ", problem.message());
  if (!problem.code().empty()) StrAppend(&text, " (", problem.code(), ")");
  text.push_back('\n');
  if (!problem.excerpt().empty()) {
    Excerpt excerpt = ExcerptOf(problem.excerpt(), std::max<uint32_t>(problem.column(), 1));
    StrAppend(&text, "  ", excerpt.line, "\n");
    if (problem.column() > 0) StrAppend(&text, "  ", excerpt.caret, "\n");
  }
  if (!problem.suggestion().empty()) StrAppend(&text, "  ", problem.suggestion(), "\n");
  return text;
}

std::string ErrorText(const absl::Status& status) {
  v1::Problems problems = ProblemsIn(status);
  std::string text;
  int errors = 0;
  for (const v1::Problem& problem : problems.problems()) {
    text.append(ProblemText(problem));
    errors += problem.severity() == v1::Problem::ERROR ? 1 : 0;
  }
  if (errors > 0) {
    StrAppend(&text, "freshet: the definition was refused: ", errors, errors == 1 ? " error\n" : " errors\n");
    return text;
  }
  std::string code(InfoOf(CodeOf(status)).name);
  bool known = ExitCodeOf(status) != ExitCode::kUnreachable && ExitCodeOf(status) != ExitCode::kWrongUse &&
               status.GetPayload("freshet.v1.ErrorCode").has_value();
  StrAppend(&text, "freshet: ", StdView(status.message()), known ? StrCat(" (", code, ")") : "", "\n");
  return text;
}

}  // namespace freshet
