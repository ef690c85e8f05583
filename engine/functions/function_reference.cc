#include "engine/functions/function_reference.h"

#include <map>
#include <utility>
#include <vector>

#include "engine/base/str_cat.h"
#include "engine/functions/aggregate/aggregate_list.h"
#include "engine/functions/function_list.h"
#include "engine/functions/table/table_function_list.h"

namespace freshet {
namespace {

// A row of a page's table: what has one name and means the same.
struct Row {
  std::string name;
  std::string doc;
  std::vector<std::string> signatures;
};

class Rows {
 public:
  void Add(std::string_view name, std::string_view doc, std::string signature) {
    auto [place, added] = places_.try_emplace({std::string(name), std::string(doc)}, rows_.size());
    if (added) rows_.push_back({std::string(name), std::string(doc), {}});
    rows_[place->second].signatures.push_back(std::move(signature));
  }

  void Write(std::string* out) const {
    out->append("| name | takes → gives | |\n|---|---|---|\n");
    for (const Row& row : rows_) {
      StrAppend(out, "| `");
      for (char c : row.name) StrAppend(out, c == '|' ? "\\" : "", std::string_view(&c, 1));
      StrAppend(out, "` | ");
      for (size_t i = 0; i < row.signatures.size(); ++i) StrAppend(out, i > 0 ? "; " : "", row.signatures[i]);
      StrAppend(out, " | ", row.doc, " |\n");
    }
  }

 private:
  std::vector<Row> rows_;
  std::map<std::pair<std::string, std::string>, size_t> places_;
};

std::string NameOf(TypeKind kind) { return kind == TypeKind::kArray ? "array" : TypeName({kind}); }
std::string NameOf(AggregateArgument type) { return type ? NameOf(*type) : "any"; }

std::string TypeList(std::span<const TypeKind> types) {
  std::string list;
  for (TypeKind type : types) StrAppend(&list, list.empty() ? "" : ", ", NameOf(type));
  return list.empty() ? "nothing" : list;
}

std::string SignatureOf(const ScalarFunction& function) {
  std::string list;
  for (size_t i = 0; i < function.arguments.size(); ++i) {
    const bool element = (function.element_arguments >> i & 1) != 0;
    StrAppend(&list, i > 0 ? ", " : "", element ? "element" : NameOf(function.arguments[i]));
  }
  return StrCat(list.empty() ? "nothing" : list, " → ", function.result ? NameOf(*function.result) : "element");
}

std::string SignatureOf(const AggregateFunction& function) {
  std::string list;
  auto add = [&](std::string_view type) { StrAppend(&list, list.empty() ? "" : ", ", type); };
  for (AggregateArgument argument : function.arguments) add(NameOf(argument));
  for (TypeKind parameter : function.parameters) add(StrCat("constant ", NameOf(parameter)));
  return StrCat(list.empty() ? "rows" : list, " → ",
                function.result ? NameOf(function.result) : "the first one's type");
}

void WriteCasts(std::string* out) {
  out->append("| from | to |\n|---|---|\n");
  for (size_t from = 0; from < kTypeKinds; ++from) {
    std::vector<TypeKind> targets;
    for (size_t to = 0; to < kTypeKinds; ++to) {
      const bool casts = from != to || static_cast<TypeKind>(from) == TypeKind::kArray;
      if (casts && FindCast(static_cast<TypeKind>(from), static_cast<TypeKind>(to)) != nullptr) {
        targets.push_back(static_cast<TypeKind>(to));
      }
    }
    StrAppend(out, "| ", NameOf(static_cast<TypeKind>(from)), " | ", TypeList(targets), " |\n");
  }
}

}  // namespace

std::string FunctionReference() {
  std::string page =
      "# Functions\n\nPrinted by `freshetd --help-functions`. Their meaning is PostgreSQL's. NULL in gives NULL out "
      "where nothing "
      "else is said; a call that fails makes its cell ERROR.\n\n## Functions and operators\n\n";
  Rows scalars;
  for (const ScalarFunction& function : ScalarFunctions()) {
    scalars.Add(function.name, function.doc, SignatureOf(function));
  }
  scalars.Write(&page);
  page += "\n## Aggregates\n\n";
  Rows aggregates;
  for (const AggregateFunction& function : AggregateFunctions()) {
    aggregates.Add(function.name, function.doc, SignatureOf(function));
  }
  aggregates.Write(&page);
  page += "\n## Table functions\n\n";
  Rows tables;
  for (const TableFunction& function : TableFunctions()) {
    tables.Add(function.name, function.doc,
               StrCat(TypeList(function.arguments), " → ", function.result ? NameOf(*function.result) : "element"));
  }
  tables.Write(&page);
  page += "\n## Casts\n\n`cast(x as type)` and `x::type`.\n\n";
  WriteCasts(&page);
  return page;
}

}  // namespace freshet
