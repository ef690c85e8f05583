// The statements of a script, before any name is known. All offsets are bytes of the script.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "freshet/v1/type.pb.h"
#include "server/sql/parse/query.h"

namespace freshet {

// `name = value`.
struct OptionSyntax {
  NameSyntax name;
  std::string value;
  uint32_t value_offset = 0;
};

struct ColumnSyntax {
  NameSyntax name;
  v1::Type type;
  uint32_t type_offset = 0;
  bool not_null = false;
  std::optional<NameSyntax> default_text;  // in the input syntax of the type
  std::optional<NameSyntax> generated;     // the expression's text
  std::vector<OptionSyntax> options;       // where its value comes from
};

struct CreateTable {
  NameSyntax name;
  std::vector<ColumnSyntax> columns;
  std::vector<NameSyntax> primary_key;
  std::vector<OptionSyntax> options;
};

struct CreateView {
  NameSyntax name;
  bool materialized = false;
  std::vector<std::string> columns;  // CREATE VIEW v (a, b)
  std::vector<OptionSyntax> options;
  QueryRef query;  // nullptr: what is wrong with it has been told
};

struct CreateSink {
  NameSyntax name;
  NameSyntax from;
  std::vector<OptionSyntax> options;
};

struct CreateIndex {
  NameSyntax name;  // derived where none is given
  NameSyntax on;
  std::vector<NameSyntax> columns;
};

struct CommentOn {
  NameSyntax on;
  std::string column;  // empty: the whole table or view
  std::string text;
};

// SET name = value: an option of the pipeline.
struct SetOption {
  OptionSyntax option;
};

using Statement = std::variant<CreateTable, CreateView, CreateSink, CreateIndex, CommentOn, SetOption>;

}  // namespace freshet
