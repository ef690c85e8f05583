#include "server/definitions/read_table.h"

#include <algorithm>
#include <vector>

#include "engine/base/str_cat.h"
#include "server/definitions/duration.h"
#include "server/definitions/field_reader.h"
#include "server/definitions/places.h"
#include "server/definitions/read_node.h"
#include "server/definitions/suggestion.h"
#include "server/plan/type_proto.h"

namespace freshet {
namespace {

void ReadMetadata(FieldReader& fields, std::string_view key, v1::Column& out, ProblemList& problems) {
  static const std::vector<std::string> names = {"key", "topic", "partition", "offset", "timestamp", "file", "line"};
  if (fields.Find(key) == nullptr) return;
  std::string name = fields.Text(key);
  auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end()) {
    problems.Add({.code = ErrorCode::kInvalidOption,
                  .path = fields.PathOf(key),
                  .message = StrCat("a column cannot come from `", name, "`"),
                  .suggestion = SuggestName(name, names)});
    return;
  }
  // The enum's values stand in the order of the names, from 1.
  out.set_metadata(static_cast<v1::Column::Metadata>(it - names.begin() + 1));
}

void ReadColumn(const DocumentNode& node, const std::string& path, v1::Column& out, ProblemList& problems) {
  FieldReader fields(node, path, problems);
  out.set_name(fields.RequireText("name"));
  std::string type = fields.RequireText("type");
  if (auto parsed = ParseTypeProto(type)) {
    *out.mutable_type() = *parsed;
  } else if (!type.empty()) {
    problems.Add({.code = ErrorCode::kUnknownType,
                  .path = fields.PathOf("type"),
                  .message = StrCat("there is no type `", type, "`"),
                  .suggestion = SuggestTypeName(type)});
  }
  out.set_not_null(fields.Boolean("not_null"));
  if (fields.Find("default") != nullptr) {
    *out.mutable_default_value()->mutable_type() = out.type();
    out.mutable_default_value()->set_text(fields.Text("default"));
  }
  if (const DocumentNode* generated = fields.Find("generated")) {
    ReadExpression(*generated, fields.PathOf("generated"), *out.mutable_generated(), problems);
  }
  int origins = 0;
  if (fields.Find("path") != nullptr) out.set_path(fields.Text("path")), ++origins;
  if (fields.Find("header") != nullptr) out.set_header(fields.Text("header")), ++origins;
  for (const char* key : {"from", "metadata"}) {
    if (fields.Find(key) != nullptr) ReadMetadata(fields, key, out, problems), ++origins;
  }
  if (origins > 1) {
    problems.Add({.code = ErrorCode::kInvalidDefinition,
                  .path = path,
                  .message = "a column comes from one place: `path`, `header` or `from`"});
  }
  fields.Finish();
}

void ReadSource(const DocumentNode& node, const std::string& path, v1::SourceBinding& out, ProblemList& problems) {
  FieldReader fields(node, path, problems);
  out.set_connector(fields.RequireText("connector"));
  fields.TakeOptions(*out.mutable_options());
}

}  // namespace

void ReadTable(const std::string& name, const DocumentNode& node, const std::string& path, v1::Table& out,
               ProblemList& problems) {
  FieldReader fields(node, path, problems);
  out.set_name(name);
  fields.Items("columns", [&](const DocumentNode& column, const std::string& column_path) {
    ReadColumn(column, column_path, *out.add_columns(), problems);
  });
  for (const std::string& key : fields.Names("primary_key")) out.add_primary_key(key);
  fields.Items("sources", [&](const DocumentNode& source, const std::string& source_path) {
    ReadSource(source, source_path, *out.add_sources(), problems);
  });
  out.set_materialized(fields.Boolean("materialized"));
  out.set_deletes(fields.Boolean("deletes"));
  out.set_version_column(fields.Text("version_column"));
  out.set_append_only(fields.Boolean("append_only"));
  for (const std::string& column : fields.Names("monotone")) out.add_monotone(column);
  if (fields.Find("tombstone_retention") != nullptr) {
    std::string text = fields.Text("tombstone_retention");
    if (auto micros = ParseDurationMicros(text)) {
      out.set_tombstone_retention_micros(*micros);
    } else {
      problems.Add({.code = ErrorCode::kInvalidOption,
                    .path = fields.PathOf("tombstone_retention"),
                    .message = StrCat("`", text, "` is no length of time from 1 ms to 36500 days"),
                    .suggestion = "write it as 90s, 15 minutes, 24h or 7d"});
    }
  }
  fields.Finish();
}

}  // namespace freshet
