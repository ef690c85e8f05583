#include "server/sql/bind/script_binder.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "engine/base/str_cat.h"
#include "server/definitions/suggestion.h"
#include "server/plan/type_proto.h"
#include "server/sql/bind/relation_columns.h"

namespace freshet {
namespace {

// Options that say something of the table, not of its source.
bool IsTableOption(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kNames = {"materialized", "deletes",  "version_column",
                                                             "append_only",  "monotone", "tombstone_retention"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace

ScriptBinder::ScriptBinder(const std::string& script, const v1::Plan& earlier, const SubqueryJoiner& subqueries,
                           std::vector<ExpressionError> errors)
    : script_(script), line_starts_{0}, plan_(earlier), subqueries_(subqueries), errors_(std::move(errors)) {
  for (uint32_t i = 0; i < script.size(); ++i) {
    if (script[i] == '\n') line_starts_.push_back(i + 1);
  }
  result_.document.kind = DocumentKind::kMapping;
}

ScriptResult ScriptBinder::Bind(const std::vector<Statement>& statements) {
  Declare(statements);
  for (const Statement& statement : statements) {
    std::visit([this](const auto& each) { BindStatement(each); }, statement);
  }
  for (const ExpressionError& error : errors_) {
    result_.problems.Add({.code = error.code,
                          .path = "",
                          .message = error.message,
                          .suggestion = error.suggestion,
                          .offset = error.offset});
  }
  return std::move(result_);
}

// Tables may stand below the views that read them.
void ScriptBinder::Declare(const std::vector<Statement>& statements) {
  for (const Statement& statement : statements) {
    if (const auto* table = std::get_if<CreateTable>(&statement)) {
      std::vector<std::string> names;
      for (const ColumnSyntax& column : table->columns) names.push_back(column.name.text);
      tables_.try_emplace(table->name.text, std::move(names));
    } else if (const auto* view = std::get_if<CreateView>(&statement)) {
      views_.insert(view->name.text);
    }
  }
}

std::variant<std::vector<std::string>, ExpressionError> ScriptBinder::ColumnsOf(const std::string& relation,
                                                                                uint32_t offset) const {
  if (auto table = tables_.find(relation); table != tables_.end()) return table->second;
  if (auto columns = RelationColumns(plan_, relation)) return *std::move(columns);
  if (broken_.contains(relation)) {
    return ExpressionError{ErrorCode::kUnknownRelation, StrCat("the view ", relation, " has errors"), "mend them first",
                           offset};
  }
  if (views_.contains(relation)) {
    return ExpressionError{ErrorCode::kUnknownRelation, StrCat("the view ", relation, " is created further down"),
                           "create it before it is read; recursion is not built in this release", offset};
  }
  std::vector<std::string> known;
  for (const auto& [name, columns] : tables_) known.push_back(name);
  for (const v1::Table& table : plan_.tables()) known.push_back(table.name());
  known.insert(known.end(), views_.begin(), views_.end());
  for (const v1::View& view : plan_.views()) known.push_back(view.name());
  return ExpressionError{ErrorCode::kUnknownRelation, StrCat("there is no table or view ", relation),
                         SuggestName(relation, known), offset};
}

bool ScriptBinder::IsFirst(const NameSyntax& name, std::string_view what) {
  if (bound_.insert(StrCat(what == "sink" ? "sink " : "", name.text)).second) return true;
  errors_.push_back({ErrorCode::kDuplicateName,
                     StrCat("a ", what == "sink" ? "sink" : "table or view", " ", name.text, " is there already"), "",
                     name.offset});
  return false;
}

// --- Statements ---

void ScriptBinder::BindStatement(const CreateTable& table) {
  if (!IsFirst(table.name, "table")) return;
  DocumentNode node, columns, source;
  node.kind = source.kind = DocumentKind::kMapping;
  columns.kind = DocumentKind::kSequence;
  node.mark = source.mark = columns.mark = MarkOf(table.name.offset);
  for (const ColumnSyntax& column : table.columns) columns.items.push_back(ColumnNode(column));
  Put(node, {"columns", table.name.offset}, std::move(columns));
  if (!table.primary_key.empty()) {
    DocumentNode key;
    key.kind = DocumentKind::kSequence;
    key.mark = MarkOf(table.primary_key[0].offset);
    for (const NameSyntax& column : table.primary_key) key.items.push_back(Scalar(column.text, column.offset));
    Put(node, {"primary_key", table.primary_key[0].offset}, std::move(key));
  }
  std::set<std::string> seen;
  for (const OptionSyntax& option : table.options) {
    if (!seen.insert(option.name.text).second) {
      errors_.push_back({ErrorCode::kDuplicateKey, StrCat("the option ", option.name.text, " stands twice"),
                         "remove one of them", option.name.offset});
      continue;
    }
    bool of_table = IsTableOption(option.name.text);
    DocumentNode value = option.name.text == "monotone" ? NameList(option) : Scalar(option.value, option.value_offset);
    Put(of_table ? node : source, option.name, std::move(value));
  }
  if (!source.entries.empty()) {
    DocumentNode sources;
    sources.kind = DocumentKind::kSequence;
    sources.mark = source.mark = MarkOf(table.options[0].name.offset);
    sources.items.push_back(std::move(source));
    Put(node, {"sources", table.options[0].name.offset}, std::move(sources));
  }
  Put(Section("tables"), table.name, std::move(node));
}

void ScriptBinder::BindStatement(const CreateView& create) {
  if (!IsFirst(create.name, "view")) return;
  v1::View view;
  view.set_name(create.name.text);
  view.set_materialized(create.materialized);
  BindViewOptions(create, &view);
  QueryBinder binder(*this, subqueries_, errors_);
  std::optional<BoundQuery> query;
  if (create.query != nullptr) query = binder.Bind(*create.query);
  if (!query || !NameColumns(create, &*query)) {
    broken_.insert(create.name.text);
    return;
  }
  if (!create.query->order.empty() && !create.query->KeepsFirstRows()) {
    result_.problems.Add({.code = ErrorCode::kUnsupported,
                          .path = "",
                          .message = "ORDER BY of a view has no effect without LIMIT: its rows have no order",
                          .suggestion = "order its rows where they are read: order=",
                          .offset = create.query->order_offset,
                          .severity = v1::Problem::WARNING});
  }
  v1::Node& node = *view.mutable_node();
  node.set_position(create.query->offset + 1);
  *node.mutable_project()->mutable_input() = std::move(query->node);
  for (OutputColumn& column : query->columns) {
    logical::AddColumn(node.mutable_project(), std::move(column.name), logical::Column(column.internal));
  }
  *plan_.add_views() = view;
  result_.views.push_back({std::move(view), create.name.offset});
}

bool ScriptBinder::NameColumns(const CreateView& create, BoundQuery* query) {
  if (!RenameColumns(create.columns, &query->columns)) {
    errors_.push_back({ErrorCode::kInvalidDefinition,
                       StrCat("the view ", create.name.text, " names ", create.columns.size(), " columns and has ",
                              query->columns.size()),
                       "", create.name.offset});
    return false;
  }
  std::set<std::string> seen;
  for (const OutputColumn& column : query->columns) {
    if (seen.insert(column.name).second) continue;
    errors_.push_back({ErrorCode::kDuplicateName, StrCat("the view would have two columns ", column.name),
                       "name one of them: AS name", create.query->offset});
    return false;
  }
  return true;
}

void ScriptBinder::BindViewOptions(const CreateView& create, v1::View* view) {
  static const std::vector<std::string> known = {"key"};
  for (const OptionSyntax& option : create.options) {
    if (option.name.text != "key") {
      errors_.push_back({ErrorCode::kUnknownOption, StrCat("a view has no option ", option.name.text),
                         SuggestName(option.name.text, known), option.name.offset});
      continue;
    }
    for (const DocumentNode& column : NameList(option).items) view->add_key(column.text);
  }
}

void ScriptBinder::BindStatement(const CreateSink& sink) {
  if (!IsFirst(sink.name, "sink")) return;
  DocumentNode node;
  node.kind = DocumentKind::kMapping;
  node.mark = MarkOf(sink.name.offset);
  Put(node, {"from", sink.from.offset}, Scalar(sink.from.text, sink.from.offset));
  for (const OptionSyntax& option : sink.options) {
    bool names = option.name.text == "key" || option.name.text == "partition_by";
    Put(node, option.name, names ? NameList(option) : Scalar(option.value, option.value_offset));
  }
  Put(Section("sinks"), sink.name, std::move(node));
}

void ScriptBinder::BindStatement(const CreateIndex& index) {
  if (!IsFirst(index.name, "index")) return;
  if (broken_.contains(index.on.text)) return;  // its view is to be mended first
  DocumentNode node, columns;
  node.kind = DocumentKind::kMapping;
  columns.kind = DocumentKind::kSequence;
  node.mark = columns.mark = MarkOf(index.on.offset);
  for (const NameSyntax& column : index.columns) columns.items.push_back(Scalar(column.text, column.offset));
  Put(node, {"on", index.on.offset}, Scalar(index.on.text, index.on.offset));
  Put(node, {"columns", index.on.offset}, std::move(columns));
  Put(Section("indexes"), index.name, std::move(node));
}

void ScriptBinder::BindStatement(const CommentOn& comment) {
  if (comment.text.empty() || broken_.contains(comment.on.text)) return;  // IS NULL: there is none
  const std::string name = StrCat(comment.on.text, comment.column.empty() ? "" : ".", comment.column);
  Put(Section("comments"), {name, comment.on.offset}, Scalar(comment.text, comment.on.offset));
}

void ScriptBinder::BindStatement(const SetOption& set) {
  DocumentNode value = Scalar(set.option.value, set.option.value_offset);
  if (set.option.name.text == "name") {
    Put(result_.document, set.option.name, std::move(value));
  } else {
    Put(Section("options"), set.option.name, std::move(value));
  }
}

// --- The document ---

Mark ScriptBinder::MarkOf(uint32_t offset) const {
  auto line = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset) - line_starts_.begin() - 1;
  return {static_cast<uint32_t>(line), offset - line_starts_[static_cast<size_t>(line)], offset};
}

DocumentNode& ScriptBinder::Section(std::string_view name) {
  for (DocumentEntry& entry : result_.document.entries) {
    if (entry.key == name) return entry.value;
  }
  DocumentEntry entry;
  entry.key = std::string(name);
  entry.value.kind = DocumentKind::kMapping;
  result_.document.entries.push_back(std::move(entry));
  return result_.document.entries.back().value;
}

DocumentNode ScriptBinder::Scalar(std::string text, uint32_t offset) const {
  DocumentNode node;
  node.kind = DocumentKind::kScalar;
  node.text = std::move(text);
  node.mark = MarkOf(offset);
  return node;
}

DocumentNode& ScriptBinder::Put(DocumentNode& mapping, const NameSyntax& key, DocumentNode value) const {
  DocumentEntry entry;
  entry.key = key.text;
  entry.key_mark = MarkOf(key.offset);
  entry.value = std::move(value);
  mapping.entries.push_back(std::move(entry));
  return mapping.entries.back().value;
}

DocumentNode ScriptBinder::NameList(const OptionSyntax& option) const {
  DocumentNode list;
  list.kind = DocumentKind::kSequence;
  list.mark = MarkOf(option.value_offset);
  const std::vector<std::string> names = absl::StrSplit(option.value, ',');
  for (const std::string& name : names) {
    list.items.push_back(Scalar(std::string(absl::StripAsciiWhitespace(name)), option.value_offset));
  }
  return list;
}

DocumentNode ScriptBinder::ColumnNode(const ColumnSyntax& column) const {
  DocumentNode node;
  node.kind = DocumentKind::kMapping;
  node.mark = MarkOf(column.name.offset);
  Put(node, {"name", column.name.offset}, Scalar(column.name.text, column.name.offset));
  // An unknown type has been told; the column then has none.
  bool known = column.type.kind() != v1::TYPE_KIND_UNSPECIFIED;
  Put(node, {"type", column.type_offset}, Scalar(known ? FormatTypeProto(column.type) : "", column.type_offset));
  if (column.not_null) Put(node, {"not_null", column.name.offset}, Scalar("true", column.name.offset));
  if (column.default_text) {
    Put(node, {"default", column.default_text->offset}, Scalar(column.default_text->text, column.default_text->offset));
  }
  if (column.generated) {
    Put(node, {"generated", column.generated->offset}, Scalar(column.generated->text, column.generated->offset));
  }
  for (const OptionSyntax& option : column.options) {
    Put(node, option.name, Scalar(option.value, option.value_offset));
  }
  return node;
}

}  // namespace freshet
