// A query as it was written, before any name is known.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/sql/parse/syntax.h"

namespace freshet {

struct NameSyntax {
  std::string text;
  uint32_t offset = 0;
};

enum class JoinSyntaxKind : uint8_t { kInner, kLeft, kRight, kFull };

struct FromItem;
using FromRef = std::shared_ptr<const FromItem>;

enum class FromKind : uint8_t {
  kTable,     // `name`
  kSubquery,  // `query`
  kFunction,  // `call`
  kJoin,      // `left` and `right`
};

struct FromItem {
  FromKind kind = FromKind::kTable;
  uint32_t offset = 0;
  std::string name;
  QueryRef query;
  SyntaxRef call;
  std::string alias;                       // empty: none
  std::vector<std::string> alias_columns;  // AS t (a, b)
  bool lateral = false;
  // kJoin
  JoinSyntaxKind join = JoinSyntaxKind::kInner;
  FromRef left;
  FromRef right;
  bool natural = false;
  std::vector<std::string> using_columns;
  SyntaxRef condition;  // nullptr: none
};

// An item of a SELECT list: a value, or a star.
struct SelectItem {
  uint32_t offset = 0;
  SyntaxRef value;            // nullptr: a star
  std::string star_relation;  // `t` of t.*
  std::string alias;
};

struct CommonTable {
  NameSyntax name;
  std::vector<std::string> columns;
  QueryRef query;
};

enum class SetOperation : uint8_t { kNone, kUnion, kIntersect, kExcept };

// SELECT, VALUES, or two queries put together.
struct Query {
  uint32_t offset = 0;
  std::vector<CommonTable> with;

  SetOperation operation = SetOperation::kNone;
  bool all = false;
  QueryRef left;
  QueryRef right;

  std::vector<std::vector<SyntaxRef>> values;  // VALUES

  bool distinct = false;
  std::vector<SelectItem> items;
  std::vector<FromRef> from;
  SyntaxRef where;
  std::vector<SyntaxRef> group_by;
  SyntaxRef having;

  bool ordered = false;
  uint32_t order_offset = 0;
};

}  // namespace freshet
