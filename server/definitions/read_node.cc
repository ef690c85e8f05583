#include "server/definitions/read_node.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "engine/base/str_cat.h"
#include "server/definitions/places.h"
#include "server/definitions/suggestion.h"
#include "server/plan/top_k.h"
#include "server/plan/type_proto.h"

namespace freshet {
namespace {

const std::vector<std::string>& NodeKeys() {
  static const std::vector<std::string> keys = {"input", "filter",    "project",  "flat_map", "union",
                                                "join",  "aggregate", "distinct", "top_k"};
  return keys;
}

bool IsNodeKey(std::string_view key) {
  return std::find(NodeKeys().begin(), NodeKeys().end(), key) != NodeKeys().end();
}

void ReadInput(FieldReader& fields, v1::Node& out, ProblemList& problems, std::string_view key = "input") {
  if (const DocumentNode* input = fields.Require(key)) ReadNode(*input, fields.PathOf(key), out, problems);
}

template <typename List>
void ReadNamedExpressions(FieldReader& fields, std::string_view key, List* out, ProblemList& problems) {
  fields.Entries(key, [&](const std::string& name, const DocumentNode& node, const std::string& path) {
    v1::NamedExpression* expression = out->Add();
    expression->set_name(name);
    ReadExpression(node, path, *expression->mutable_expression(), problems);
  });
}

void ReadFilter(FieldReader& fields, v1::Filter& out, ProblemList& problems) {
  ReadInput(fields, *out.mutable_input(), problems);
  if (const DocumentNode* condition = fields.Require("condition")) {
    ReadExpression(*condition, fields.PathOf("condition"), *out.mutable_condition(), problems);
  }
}

void ReadProject(FieldReader& fields, v1::Project& out, ProblemList& problems) {
  ReadInput(fields, *out.mutable_input(), problems);
  ReadNamedExpressions(fields, "columns", out.mutable_columns(), problems);
  out.set_keep_input(fields.Boolean("keep_input"));
}

void ReadFlatMap(FieldReader& fields, v1::FlatMap& out, ProblemList& problems) {
  ReadInput(fields, *out.mutable_input(), problems);
  if (const DocumentNode* call = fields.Require("call")) {
    ReadExpression(*call, fields.PathOf("call"), *out.mutable_call(), problems);
  }
  out.set_as(fields.Text("as"));
  for (const std::string& name : fields.Names("keep")) out.add_keep(name);
  out.set_keep_input(fields.Boolean("keep_input"));
}

void ReadUnion(FieldReader& fields, v1::Union& out, ProblemList& problems) {
  fields.Require("inputs");
  fields.Items("inputs", [&](const DocumentNode& node, const std::string& path) {
    ReadNode(node, path, *out.add_inputs(), problems);
  });
}

void ReadJoinKind(FieldReader& fields, v1::Join& out, ProblemList& problems) {
  std::string kind = fields.Text("kind", "inner");
  static const std::vector<std::string> kinds = {"inner", "left", "semi", "anti", "right", "full"};
  static constexpr std::array<v1::JoinKind, 6> values = {v1::INNER, v1::LEFT, v1::SEMI, v1::ANTI, v1::RIGHT, v1::FULL};
  auto it = std::find(kinds.begin(), kinds.end(), kind);
  if (it == kinds.end()) {
    problems.Add({.code = ErrorCode::kUnsupportedJoin,
                  .path = fields.PathOf("kind"),
                  .message = StrCat("there is no join of the kind `", kind, "`"),
                  .suggestion = SuggestName(kind, kinds)});
    out.set_kind(v1::INNER);
    return;
  }
  out.set_kind(values[static_cast<size_t>(it - kinds.begin())]);
}

void ReadJoin(FieldReader& fields, v1::Join& out, ProblemList& problems) {
  ReadInput(fields, *out.mutable_left(), problems, "left");
  ReadInput(fields, *out.mutable_right(), problems, "right");
  ReadJoinKind(fields, out, problems);
  if (const DocumentNode* condition = fields.Require("condition")) {
    ReadExpression(*condition, fields.PathOf("condition"), *out.mutable_condition(), problems);
  }
  out.set_left_as(fields.Text("left_as"));
  out.set_right_as(fields.Text("right_as"));
}

void ReadAggregate(FieldReader& fields, v1::Aggregate& out, ProblemList& problems) {
  ReadInput(fields, *out.mutable_input(), problems);
  ReadNamedExpressions(fields, "keys", out.mutable_keys(), problems);
  ReadNamedExpressions(fields, "values", out.mutable_values(), problems);
}

void ReadOrderColumn(const DocumentNode& node, const std::string& path, v1::OrderColumn& out, ProblemList& problems) {
  if (node.kind == DocumentKind::kScalar) {
    out.set_column(node.text);
    return;
  }
  FieldReader fields(node, path, problems);
  out.set_column(fields.RequireText("column"));
  out.set_descending(fields.Boolean("descending"));
  const std::string nulls = fields.Text("nulls");
  if (nulls == "first" || nulls == "last") {
    out.set_nulls(nulls == "first" ? v1::NULLS_FIRST : v1::NULLS_LAST);
  } else if (!nulls.empty()) {
    problems.Add({.code = ErrorCode::kInvalidDefinition,
                  .path = fields.PathOf("nulls"),
                  .message = StrCat("NULLs stand first or last, not `", nulls, "`")});
  }
  fields.Finish();
}

void ReadTopK(FieldReader& fields, v1::TopK& out, ProblemList& problems) {
  ReadInput(fields, *out.mutable_input(), problems);
  for (const std::string& name : fields.Names("group")) out.add_group(name);
  fields.Items("order", [&](const DocumentNode& node, const std::string& path) {
    ReadOrderColumn(node, path, *out.add_order(), problems);
  });
  fields.Require("limit");
  out.set_limit(fields.Unsigned("limit", PlanTopK::kMaxRows));
  out.set_offset(fields.Unsigned("offset", PlanTopK::kMaxRows));
}

// Reads what stands below the node key `key`.
void ReadNodeBody(const std::string& key, const DocumentNode& node, const std::string& path, v1::Node& out,
                  ProblemList& problems) {
  if (key == "input") {
    ReadNode(node, path, out, problems);
    return;
  }
  FieldReader fields(node, path, problems);
  if (key == "filter") {
    ReadFilter(fields, *out.mutable_filter(), problems);
  } else if (key == "project") {
    ReadProject(fields, *out.mutable_project(), problems);
  } else if (key == "flat_map") {
    ReadFlatMap(fields, *out.mutable_flat_map(), problems);
  } else if (key == "union") {
    ReadUnion(fields, *out.mutable_union_(), problems);
  } else if (key == "join") {
    ReadJoin(fields, *out.mutable_join(), problems);
  } else if (key == "aggregate") {
    ReadAggregate(fields, *out.mutable_aggregate(), problems);
  } else if (key == "top_k") {
    ReadTopK(fields, *out.mutable_top_k(), problems);
  } else {
    ReadInput(fields, *out.mutable_distinct()->mutable_input(), problems);
  }
  fields.Finish();
}

void ReadLiteral(const DocumentNode& node, const std::string& path, v1::Literal& out, ProblemList& problems) {
  FieldReader fields(node, path, problems);
  if (const DocumentNode* type = fields.Find("type"); type != nullptr) {
    std::string name = fields.Text("type");
    if (auto parsed = ParseTypeProto(name)) {
      *out.mutable_type() = *parsed;
    } else {
      problems.Add({.code = ErrorCode::kUnknownType,
                    .path = fields.PathOf("type"),
                    .message = StrCat("there is no type `", name, "`"),
                    .suggestion = SuggestTypeName(name)});
    }
  }
  const DocumentNode* text = fields.Find("text");
  out.set_null(text == nullptr);
  if (text != nullptr) out.set_text(fields.Text("text"));
  fields.Finish();
}

void ReadCall(const DocumentNode& node, const std::string& path, v1::FunctionCall& out, ProblemList& problems) {
  FieldReader fields(node, path, problems);
  out.set_function(fields.RequireText("function"));
  fields.Items("arguments", [&](const DocumentNode& argument, const std::string& argument_path) {
    ReadExpression(argument, argument_path, *out.add_arguments(), problems);
  });
  out.set_star(fields.Boolean("star"));
  out.set_distinct(fields.Boolean("distinct"));
  if (const DocumentNode* filter = fields.Find("filter")) {
    ReadExpression(*filter, fields.PathOf("filter"), *out.mutable_filter(), problems);
  }
  fields.Finish();
}

void ReadCast(const DocumentNode& node, const std::string& path, v1::Cast& out, ProblemList& problems) {
  FieldReader fields(node, path, problems);
  if (const DocumentNode* operand = fields.Require("operand")) {
    ReadExpression(*operand, fields.PathOf("operand"), *out.mutable_operand(), problems);
  }
  std::string name = fields.RequireText("type");
  if (auto parsed = ParseTypeProto(name)) {
    *out.mutable_type() = *parsed;
  } else if (!name.empty()) {
    problems.Add({.code = ErrorCode::kUnknownType,
                  .path = fields.PathOf("type"),
                  .message = StrCat("there is no type `", name, "`"),
                  .suggestion = SuggestTypeName(name)});
  }
  fields.Finish();
}

void ReadColumn(const DocumentNode& node, const std::string& path, v1::ColumnReference& out, ProblemList& problems) {
  if (node.kind == DocumentKind::kScalar) {
    size_t dot = node.text.find('.');
    if (dot != std::string::npos) out.set_relation(node.text.substr(0, dot));
    out.set_name(dot == std::string::npos ? node.text : node.text.substr(dot + 1));
    return;
  }
  FieldReader fields(node, path, problems);
  out.set_relation(fields.Text("relation"));
  out.set_name(fields.RequireText("name"));
  fields.Finish();
}

}  // namespace

void ReadNode(const DocumentNode& node, const std::string& path, v1::Node& out, ProblemList& problems) {
  if (node.kind == DocumentKind::kScalar) {
    out.set_input(node.text);
    return;
  }
  if (node.kind != DocumentKind::kMapping) {
    problems.Add({.code = ErrorCode::kInvalidDefinition,
                  .path = path,
                  .message = StrCat("the name of a table or view, or a node, should stand here, not ",
                                    DescribeKind(node.kind))});
    return;
  }
  FieldReader fields(node, path, problems);
  ReadNodeOf(fields, node, out, problems);
}

void ReadNodeOf(FieldReader& fields, const DocumentNode& node, v1::Node& out, ProblemList& problems) {
  const DocumentEntry* chosen = nullptr;
  bool unknown = false;
  for (const DocumentEntry* entry : fields.TakeRest()) {
    std::string path = fields.PathOf(entry->key);
    if (!IsNodeKey(entry->key)) {
      unknown = true;
      problems.Add({.code = ErrorCode::kUnknownField,
                    .path = path,
                    .message = StrCat("`", entry->key, "` is no node"),
                    .suggestion = SuggestName(entry->key, NodeKeys())});
    } else if (chosen != nullptr) {
      problems.Add({.code = ErrorCode::kInvalidDefinition,
                    .path = path,
                    .message = StrCat("`", entry->key, "` stands beside `", chosen->key, "`: one node is taken here"),
                    .suggestion = "nest one as the input of the other, or name it as a view of its own"});
    } else {
      chosen = entry;
    }
  }
  if (chosen != nullptr) {
    ReadNodeBody(chosen->key, chosen->value, fields.PathOf(chosen->key), out, problems);
  } else if (!unknown && node.kind == DocumentKind::kMapping) {
    problems.Add({.code = ErrorCode::kMissingField,
                  .path = fields.path(),
                  .message = "a node is missing here",
                  .suggestion = SuggestName("", NodeKeys())});
  }
}

void ReadExpression(const DocumentNode& node, const std::string& path, v1::Expression& out, ProblemList& problems) {
  switch (node.kind) {
    case DocumentKind::kScalar:
      out.set_sql(node.text);
      return;
    case DocumentKind::kNull:
    case DocumentKind::kSequence:
      problems.Add({.code = ErrorCode::kInvalidDefinition,
                    .path = path,
                    .message = StrCat("an expression should stand here, not ", DescribeKind(node.kind))});
      return;
    case DocumentKind::kMapping:
      break;
  }
  FieldReader fields(node, path, problems);
  if (node.entries.size() != 1) {
    problems.Add({.code = ErrorCode::kInvalidDefinition,
                  .path = path,
                  .message = "a typed expression has exactly one of: sql, column, literal, call, cast",
                  .suggestion = "SQL text with braces needs quotes"});
    return;
  }
  if (fields.Find("sql") != nullptr) out.set_sql(fields.Text("sql"));
  if (const DocumentNode* column = fields.Find("column")) {
    ReadColumn(*column, fields.PathOf("column"), *out.mutable_column(), problems);
  }
  if (const DocumentNode* literal = fields.Find("literal")) {
    ReadLiteral(*literal, fields.PathOf("literal"), *out.mutable_literal(), problems);
  }
  if (const DocumentNode* call = fields.Find("call")) {
    ReadCall(*call, fields.PathOf("call"), *out.mutable_call(), problems);
  }
  if (const DocumentNode* cast = fields.Find("cast")) {
    ReadCast(*cast, fields.PathOf("cast"), *out.mutable_cast(), problems);
  }
  fields.Finish();
}

}  // namespace freshet
