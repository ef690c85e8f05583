// Reads libpg_query's JSON tree of an expression.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "server/sql/parse/syntax.h"

namespace freshet {

// Reads the queries inside of expressions.
class SubqueryReader {
 public:
  virtual ~SubqueryReader() = default;
  // nullptr: something is wrong, which has been told.
  virtual QueryRef ReadSelect(simdjson::dom::element select) = 0;
};

class SyntaxReader {
 public:
  using Element = simdjson::dom::element;

  // The tree is that of `statement`, which outlives the reader; its byte i is byte i + `shift` of the text that offsets
  // mean. `queries` reads subqueries; nullptr: there are none.
  SyntaxReader(std::string_view statement, int64_t shift, SubqueryReader* queries = nullptr)
      : statement_(statement), shift_(shift), queries_(queries) {}

  // nullptr: see error(). Rewrites IN, BETWEEN, IS TRUE and the like into simpler forms.
  SyntaxRef Read(Element element);
  // false: see error().
  bool ReadType(Element type_name, v1::Type* out, std::string_view* unit = nullptr);
  std::string_view IntervalUnitOf(Element type_name) const;
  const std::optional<ExpressionError>& error() const { return error_; }

  uint32_t OffsetOf(Element body) const;
  // The value of a constant that is a whole number.
  int64_t IntegerOf(Element constant) const;

 private:
  SyntaxRef ReadObject(std::string_view type, Element body);
  SyntaxRef ReadColumn(Element body);
  SyntaxRef ReadConstant(Element body);
  SyntaxRef ReadOperation(Element body);
  SyntaxRef ReadSubquery(Element body);
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
  // array_reader.cc
  SyntaxRef ReadArray(Element body);
  SyntaxRef ReadIndirection(Element body);
  SyntaxRef ReadQuantified(Element body, bool any);
  SyntaxRef MakeNumber(uint32_t offset, std::string text);
  SyntaxRef ReadList(Element body, SyntaxKind kind, std::string_view key = "args");

  bool ReadOrder(Element body, std::string_view key, std::vector<SortSyntax>* out);
  bool ReadArguments(Element body, std::string_view key, std::vector<SyntaxRef>* out);
  SyntaxRef Unsupported(std::string_view what, Element body, std::string suggestion = "");
  SyntaxRef Fail(ErrorCode code, std::string message, uint32_t offset, std::string suggestion = "");
  SyntaxRef Make(SyntaxKind kind, uint32_t offset, std::vector<SyntaxRef> arguments);
  SyntaxRef MakeCall(std::string name, uint32_t offset, std::vector<SyntaxRef> arguments);

  std::string_view statement_;
  int64_t shift_;
  SubqueryReader* queries_;
  uint32_t depth_ = 0;
  std::optional<ExpressionError> error_;
};

}  // namespace freshet
