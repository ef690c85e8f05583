// Reads libpg_query's JSON tree of an expression. Part of parse_expression.cc; nothing else includes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "server/sql/parse/syntax.h"

namespace freshet {

class SyntaxReader {
 public:
  using Element = simdjson::dom::element;

  // The tree is that of `statement`, which outlives the reader; the expression starts at its byte `prefix`.
  SyntaxReader(std::string_view statement, uint32_t prefix) : statement_(statement), prefix_(prefix) {}

  // nullptr: see error(). Rewrites IN, BETWEEN, IS TRUE and the like into simpler forms.
  SyntaxRef Read(Element element);
  const std::optional<ExpressionError>& error() const { return error_; }

 private:
  SyntaxRef ReadObject(std::string_view type, Element body);
  SyntaxRef ReadColumn(Element body);
  SyntaxRef ReadConstant(Element body);
  SyntaxRef ReadOperation(Element body);
  SyntaxRef ReadIn(Element body, bool negated);
  SyntaxRef ReadBetween(Element body, std::string_view kind);
  SyntaxRef ReadLike(Element body, std::string_view kind);
  SyntaxRef ReadBoolean(Element body);
  SyntaxRef ReadCase(Element body);
  SyntaxRef ReadNullTest(Element body);
  SyntaxRef ReadBooleanTest(Element body);
  SyntaxRef ReadCast(Element body);
  SyntaxRef ReadCall(Element body);
  SyntaxRef MakeOverlay(uint32_t offset, const std::vector<SyntaxRef>& arguments);
  SyntaxRef ReadList(Element body, SyntaxKind kind, std::string_view key = "args");

  bool ReadArguments(Element body, std::string_view key, std::vector<SyntaxRef>* out);
  bool ReadType(Element type_name, v1::Type* out);
  SyntaxRef Unsupported(std::string_view what, Element body, std::string suggestion = "");
  SyntaxRef Fail(ErrorCode code, std::string message, uint32_t offset, std::string suggestion = "");
  uint32_t OffsetOf(Element body) const;
  int64_t IntegerOf(Element constant) const;
  SyntaxRef Make(SyntaxKind kind, uint32_t offset, std::vector<SyntaxRef> arguments);
  SyntaxRef MakeCall(std::string name, uint32_t offset, std::vector<SyntaxRef> arguments);

  std::string_view statement_;
  uint32_t prefix_;
  uint32_t depth_ = 0;
  std::optional<ExpressionError> error_;
};

}  // namespace freshet
