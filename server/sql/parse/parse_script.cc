// Statements are told apart by PostgreSQL's own tokens. What its grammar does not know (the options of tables, views
// and sinks, CREATE SINK) is read from the tokens and then blanked, so that all that is left keeps its place.
#include "server/sql/parse/parse_script.h"

#include <algorithm>

#include "engine/base/str_cat.h"
#include "server/sql/parse/option_list.h"
#include "server/sql/parse/statement_reader.h"

namespace freshet {
namespace {

// Of one statement; more is no query that a person wrote.
constexpr size_t kMaxStatementBytes = 1 << 20;

class ScriptParser {
 public:
  ScriptParser(const std::string& script, std::vector<ExpressionError>& errors) : script_(script), errors_(errors) {}

  std::vector<Statement> Parse() {
    std::vector<SqlToken> tokens = Scan();
    size_t begin = 0;
    for (size_t i = 0; i <= tokens.size(); ++i) {
      bool ends = i < tokens.size() && Text(tokens[i]) == ";";
      // What stands before a broken token is no whole statement.
      if (i == tokens.size() && broken_) break;
      if (!ends && i < tokens.size()) continue;
      if (i > begin) ParseStatement(std::span(tokens).subspan(begin, i - begin));
      begin = i + 1;
    }
    return std::move(statements_);
  }

 private:
  std::string_view Text(const SqlToken& token) const {
    return std::string_view(script_).substr(token.begin, token.end - token.begin);
  }

  std::vector<SqlToken> Scan() {
    auto scanned = ScanTokens(script_);
    if (auto* error = std::get_if<ExpressionError>(&scanned)) {
      errors_.push_back(*error);
      broken_ = true;
      scanned = ScanTokens(script_.substr(0, error->offset));
      if (std::holds_alternative<ExpressionError>(scanned)) return {};
    }
    return std::get<std::vector<SqlToken>>(std::move(scanned));
  }

  void ParseStatement(std::span<const SqlToken> tokens) {
    uint32_t begin = tokens.front().begin, end = tokens.back().end;
    if (end - begin > kMaxStatementBytes) {
      errors_.push_back(
          {ErrorCode::kExpressionTooLarge,
           StrCat("the statement has ", end - begin, " bytes; at most ", kMaxStatementBytes, " are taken"),
           "split it over views", begin});
      return;
    }
    TokenReader reader(script_, tokens);
    if (reader.Is("create") && reader.Is("sink", 1)) {
      ParseSink(reader);
      return;
    }
    std::string text = script_.substr(begin, end - begin);
    std::vector<OptionSyntax> options;
    if (!TakeOptions(reader, begin, &text, &options)) return;
    StatementReader statement(text, begin, errors_);
    if (auto read = statement.Read(std::move(options))) statements_.push_back(*std::move(read));
  }

  // CREATE SINK name FROM relation WITH (...)
  void ParseSink(TokenReader& reader) {
    reader.Skip();
    reader.Skip();
    CreateSink sink;
    sink.name = reader.TakeIdentifier();
    bool whole = !sink.name.text.empty() && reader.Take("from");
    if (whole) sink.from = reader.TakeIdentifier();
    whole = whole && !sink.from.text.empty() && reader.Take("with");
    if (!whole) {
      errors_.push_back({ErrorCode::kSyntaxError, "a sink is written CREATE SINK name FROM relation WITH (...)",
                         reader.Is("as") ? "name the query as a view" : "", reader.offset()});
      return;
    }
    if (!ReadOptionList(reader, &sink.options, errors_)) return;
    if (!reader.done()) {
      errors_.push_back({ErrorCode::kSyntaxError, StrCat("nothing should stand here, not `", reader.Text(), "`"), "",
                         reader.offset()});
      return;
    }
    statements_.push_back(std::move(sink));
  }

  // Takes WITH (...) of a table or materialized view out of the text, and WATERMARK of a table.
  bool TakeOptions(TokenReader& reader, uint32_t begin, std::string* text, std::vector<OptionSyntax>* options) {
    if (!reader.Take("create")) return true;
    bool view = reader.Take("materialized");
    if (view ? !reader.Is("view") : !reader.Is("table")) return true;
    auto blank = [&](uint32_t from, uint32_t to) {
      std::fill(text->begin() + (from - begin), text->begin() + (to - begin), ' ');
    };
    int depth = 0;
    for (; !reader.done(); reader.Skip()) {
      if (reader.Is("(")) ++depth;
      if (reader.Is(")")) --depth;
      if (view && reader.Is("as")) return true;
      if (depth == 1 && reader.Is("watermark") && reader.Is("for", 1)) {
        errors_.push_back(
            {ErrorCode::kUnsupported, "WATERMARK is not built in this release", "leave it out", reader.offset()});
        return false;
      }
      if (depth > 0 || !reader.Is("with") || !reader.Is("(", 1)) continue;
      uint32_t from = reader.offset();
      reader.Skip();
      if (!ReadOptionList(reader, options, errors_)) return false;
      blank(from, reader.end_before());
      return true;
    }
    return true;
  }

  const std::string& script_;
  std::vector<ExpressionError>& errors_;
  std::vector<Statement> statements_;
  bool broken_ = false;
};

}  // namespace

std::vector<Statement> ParseScript(const std::string& script, std::vector<ExpressionError>& errors) {
  return ScriptParser(script, errors).Parse();
}

}  // namespace freshet
