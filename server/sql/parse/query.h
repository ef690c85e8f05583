// A query as it was written, before any name is known.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "freshet/v1/plan.pb.h"
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

enum class GroupingKind : uint8_t {
  kKey,   // `key`
  kList,  // several items that stand as one; none: all rows are one group
  kSets,
  kRollup,
  kCube,
};

// An item of GROUP BY.
struct GroupingItem {
  GroupingKind kind = GroupingKind::kKey;
  uint32_t offset = 0;
  SyntaxRef key;
  std::vector<GroupingItem> items;
};

struct OrderItem {
  SyntaxRef value;
  bool descending = false;
  v1::NullsOrder nulls = v1::NULLS_ORDER_UNSPECIFIED;
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
  std::vector<SyntaxRef> distinct_on;  // DISTINCT ON: then not `distinct`
  std::vector<SelectItem> items;
  std::vector<FromRef> from;
  SyntaxRef where;
  std::vector<GroupingItem> group_by;
  SyntaxRef having;

  std::vector<OrderItem> order;
  uint32_t order_offset = 0;
  std::optional<uint64_t> limit;
  uint64_t offset_rows = 0;
  uint32_t limit_offset = 0;

  // Whether rows are left out by their place in an order.
  bool KeepsFirstRows() const { return limit.has_value() || offset_rows > 0 || !distinct_on.empty(); }
};

}  // namespace freshet
