// Text as names and literals of SQL.
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"

namespace freshet {
namespace {

void AppendQuoted(std::string_view text, char quote, std::string* out) {
  out->push_back(quote);
  for (char c : text) out->append(c == quote ? 2 : 1, c);
  out->push_back(quote);
}

// A backslash needs the form E'...', in which it is doubled.
void AppendLiteral(std::string_view text, std::string* out) {
  if (text.find('\\') == std::string_view::npos) return AppendQuoted(text, '\'', out);
  out->append("E'");
  for (char c : text) out->append(c == '\'' || c == '\\' ? 2 : 1, c);
  out->push_back('\'');
}

void QuoteLiteral(KernelCall& call) {
  std::string& out = call.scratch();
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    out.clear();
    AppendLiteral(call.argument(0).At<StringCell>(row).view(), &out);
    return call.TextOrFail(row, out);
  });
}

// Called with NULL too.
void QuoteNullable(KernelCall& call) {
  std::string& out = call.scratch();
  const Vector& text = call.argument(0);
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    if (!text.IsValue(row)) return call.Text("NULL");
    out.clear();
    AppendLiteral(text.At<StringCell>(row).view(), &out);
    return call.TextOrFail(row, out);
  });
}

}  // namespace

void AddQuoteFunctions(ScalarFunctionList* list) {
  constexpr TypeKind kText = TypeKind::kText;
  list->push_back({"quote_literal", {kText}, kText, QuoteLiteral, "The text as a literal of SQL."});
  list->push_back(
      {"quote_nullable", {kText}, kText, QuoteNullable, "The text as a literal of SQL; NULL as NULL.", false});
}

}  // namespace freshet
