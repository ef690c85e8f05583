#include "server/planner/table_builder.h"
#include "server/plan/key_equality.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "engine/base/str_cat.h"
#include "server/connectors/connector_list.h"
#include "server/definitions/places.h"
#include "server/definitions/suggestion.h"
#include "server/formats/api/cell.h"
#include "server/formats/api/table_shape.h"
#include "server/plan/type_proto.h"
#include "server/planner/names.h"
#include "server/sql/bind/bind_expression.h"

namespace freshet {
namespace {

// How long a deleted key is remembered, in record time, so that an older record that comes late does not revive it,
// where the table does not say (tombstone_retention).
constexpr int64_t kTombstoneRetentionMicros = 24ll * 3600 * 1'000'000;

constexpr int kMaxColumns = 4096;

// Options that say where and how something is read, not what: changing them keeps all state.
bool IsNeutralOption(std::string_view name) {
  return name == "brokers" || name == "mode" || name == "group" || name.starts_with("kafka.");
}

class TableBuilder {
 public:
  TableBuilder(const v1::Table& table, const CompileContext& context, ProblemList& problems)
      : declared_(table),
        table_(WithoutGenerated(table)),
        context_(context),
        problems_(problems),
        path_(JoinPath("tables", table.name())) {}

  BuiltRelation Build() {
    size_t errors = problems_.error_count();
    CheckName(table_.name(), "table", path_, problems_);
    CheckColumns();
    CheckKeys();
    CheckPromises();
    CheckSources();
    BuiltRelation built;
    built.named = true;
    std::vector<Expression> columns = BindColumns(&built.scope);
    SetRelation(built.scope, table_.name());
    if (problems_.error_count() != errors) return built;
    built.node = MakeNodes();
    if (columns.size() > scope_.size()) built.node = Compute(std::move(columns), built);
    return built;
  }

 private:
  // What is read.
  static v1::Table WithoutGenerated(const v1::Table& table) {
    v1::Table stored = table;
    stored.clear_columns();
    for (const v1::Column& column : table.columns()) {
      if (!column.has_generated()) *stored.add_columns() = column;
    }
    return stored;
  }

  void Add(ErrorCode code, std::string path, std::string message, std::string suggestion = "") {
    problems_.Add(
        {.code = code, .path = std::move(path), .message = std::move(message), .suggestion = std::move(suggestion)});
  }

  void CheckColumns() {
    if (declared_.columns().empty()) {
      Add(ErrorCode::kMissingField, path_, StrCat("the table ", table_.name(), " has no columns"),
          "columns: [{name: id, type: bigint}]");
    }
    if (declared_.columns_size() > kMaxColumns) {
      Add(ErrorCode::kInvalidDefinition, JoinPath(path_, "columns"),
          StrCat("there are ", declared_.columns_size(), " columns; at most ", kMaxColumns, " are taken"),
          "leave out those that no view reads, or split the table");
      return;
    }
    std::set<std::string> seen;
    for (int i = 0; i < declared_.columns_size(); ++i) {
      const v1::Column& column = declared_.columns(i);
      std::string path = JoinPath(JoinPath(path_, "columns"), static_cast<size_t>(i));
      CheckColumnName(column.name(), path, problems_);
      const bool again = !column.name().empty() && !seen.insert(column.name()).second;
      if (again) Add(ErrorCode::kDuplicateName, path, StrCat("the column ", column.name(), " stands twice"));
      if (column.has_generated()) {
        CheckGenerated(column, path);
        continue;
      }
      names_.push_back(column.name());
      // What reads the first of them is no mistake as well.
      scope_.push_back({again ? "" : column.name(), {}, CheckType(column, path)});
    }
  }

  void CheckGenerated(const v1::Column& column, const std::string& path) {
    if (!column.not_null() && !column.has_default_value() && column.from_case() == v1::Column::FROM_NOT_SET) return;
    Add(ErrorCode::kInvalidDefinition, path,
        StrCat("the column ", column.name(), " is generated: it comes from nowhere else, and may be NULL"),
        "leave out where it comes from, its default and NOT NULL");
  }

  // All columns in the order of their declaration, over those that are read; sets their scope.
  std::vector<Expression> BindColumns(Scope* scope) {
    std::vector<Expression> columns;
    uint32_t stored = 0;
    for (int i = 0; i < declared_.columns_size(); ++i) {
      const v1::Column& column = declared_.columns(i);
      if (!column.has_generated()) {
        if (stored == scope_.size()) break;  // more columns than are taken
        scope->push_back(scope_[stored]);
        if (scope_[stored].type) columns.push_back(Expression::Column(ColumnIndex(stored), *scope_[stored].type));
        ++stored;
        continue;
      }
      const std::string path = JoinPath(JoinPath(path_, "columns"), static_cast<size_t>(i));
      std::optional<DataType> type = CheckType(column, path);
      scope->push_back({column.name(), {}, type});
      if (!type) continue;
      v1::Expression cast;
      *cast.mutable_cast()->mutable_operand() = column.generated();
      *cast.mutable_cast()->mutable_type() = column.type();
      std::optional<Expression> bound = BindExpression(cast, scope_, JoinPath(path, "generated"), problems_);
      if (bound) columns.push_back(*std::move(bound));
    }
    return columns;
  }

  PlanRef Compute(std::vector<Expression> columns, const BuiltRelation& built) {
    PlanProject project;
    project.columns = std::move(columns);
    for (const ScopeColumn& column : built.scope) project.names.push_back(column.name);
    return MakeNode(std::move(project), {built.node}, table_.name());
  }

  std::optional<DataType> CheckType(const v1::Column& column, const std::string& path) {
    if (column.type().kind() == v1::TYPE_KIND_UNSPECIFIED) {
      // Where the text has a type that is none, or none, its reader has said so.
      if (!problems_.has_errors()) Add(ErrorCode::kMissingField, path, "the column has no type");
      return std::nullopt;
    }
    std::optional<DataType> type = EngineType(column.type());
    if (!type) {
      Add(ErrorCode::kUnsupportedType, JoinPath(path, "type"),
          StrCat("the type ", FormatTypeProto(column.type()), " is not built in this release"), "read it as text");
      return std::nullopt;
    }
    if (column.has_default_value() && !column.default_value().null()) {
      absl::StatusOr<Datum> value = ParseDatum(column.default_value().text(), *type);
      if (!value.ok()) {
        Add(ErrorCode::kInvalidLiteral, JoinPath(path, "default"),
            StrCat("the default is no ", TypeName(*type), ": ", StdView(value.status().message())));
      }
    }
    return type;
  }

  std::optional<uint32_t> FindColumn(const std::string& name, const std::string& path) {
    auto it = std::find(names_.begin(), names_.end(), name);
    if (it != names_.end()) return static_cast<uint32_t>(it - names_.begin());
    if (std::any_of(declared_.columns().begin(), declared_.columns().end(),
                    [&](const v1::Column& column) { return column.name() == name; })) {
      Add(ErrorCode::kInvalidDefinition, path, StrCat("the column ", name, " is generated: it cannot be used here"),
          "name columns that are read");
      return std::nullopt;
    }
    Add(ErrorCode::kUnknownColumn, path, StrCat("the table ", table_.name(), " has no column ", name),
        SuggestName(name, names_));
    return std::nullopt;
  }

  void CheckKeys() {
    std::string path = JoinPath(path_, "primary_key");
    for (int i = 0; i < table_.primary_key_size(); ++i) {
      std::string item = JoinPath(path, static_cast<size_t>(i));
      std::optional<uint32_t> column = FindColumn(table_.primary_key(i), item);
      if (!column) continue;
      if (Contains(primary_key_, {*column})) {
        Add(ErrorCode::kDuplicateName, item, StrCat("the column ", table_.primary_key(i), " stands twice in the key"));
      }
      if (scope_[*column].type && !HasOneForm(*scope_[*column].type)) {
        Add(ErrorCode::kUnsupported, item,
            StrCat("a key of ", NameOfKeys(*scope_[*column].type), " is not built in this release"),
            InsteadOfKey(*scope_[*column].type));
      }
      primary_key_.push_back(*column);
    }
    CheckRetention();
    if (table_.version_column().empty()) return;
    std::string version_path = JoinPath(path_, "version_column");
    version_column_ = FindColumn(table_.version_column(), version_path);
    if (table_.primary_key().empty()) {
      Add(ErrorCode::kMissingPrimaryKey, version_path, "a version column orders the rows of one key: there is no key",
          "declare primary_key");
    }
  }

  void CheckRetention() {
    int64_t retention = table_.tombstone_retention_micros();
    if (retention == 0) return;
    std::string path = JoinPath(path_, "tombstone_retention");
    if (table_.primary_key().empty()) {
      Add(ErrorCode::kMissingPrimaryKey, path, "what is remembered is the key of a deleted row: there is no key",
          "declare primary_key, or leave tombstone_retention out");
    }
    if (retention < 0) {
      Add(ErrorCode::kInvalidOption, path, "a length of time is not negative", "tombstone_retention: 24h");
    }
  }

  void CheckPromises() {
    if (table_.append_only() && table_.deletes()) {
      Add(ErrorCode::kInvalidDefinition, JoinPath(path_, "append_only"),
          "a table that takes deletes is not append-only", "remove `deletes` or `append_only`");
    }
    if (table_.append_only() && !table_.primary_key().empty()) {
      Add(ErrorCode::kUnsupported, JoinPath(path_, "append_only"),
          "append_only beside a primary key is not built in this release", "remove `append_only`");
    }
    for (int i = 0; i < table_.monotone_size(); ++i) {
      std::string item = JoinPath(JoinPath(path_, "monotone"), static_cast<size_t>(i));
      if (!FindColumn(table_.monotone(i), item)) continue;
      Add(ErrorCode::kUnsupported, item, "the promise `monotone` is not built in this release", "remove it");
    }
  }

  // `sources/0/options.path` of the connectors is `sources[0].path` here: options stand flat in a definition.
  std::string PathOf(const std::string& relative) const {
    std::string path = path_;
    size_t begin = 0;
    while (begin < relative.size()) {
      size_t end = std::min(relative.find('/', begin), relative.size());
      std::string part = relative.substr(begin, end - begin);
      bool number = !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
      if (part.starts_with("options.")) part = part.substr(8);
      path = number ? StrCat(path, "[", part, "]") : JoinPath(path, part);
      begin = end + 1;
    }
    return path;
  }

  void CheckSources() {
    for (v1::Problem& problem : ValidateSources(table_, ValidateContext{context_.files_root})) {
      problem.set_path(PathOf(problem.path()));
      problems_.AddProblem(std::move(problem));
    }
  }

  std::string IdentityOf(const v1::SourceBinding& binding) const {
    const Connector* connector = FindConnector(binding.connector());
    std::string identity = connector == nullptr ? binding.connector() : connector->Identity(binding);
    std::map<std::string, std::string> options(binding.options().begin(), binding.options().end());
    for (const auto& [name, value] : options) {
      if (!IsNeutralOption(name)) StrAppend(&identity, " ", name, "=", value);
    }
    return identity;
  }

  PlanRef MakeNodes() {
    auto declaration = std::make_shared<TableDeclaration>();
    declaration->table = table_;
    for (const ScopeColumn& column : scope_) declaration->schema.push_back({column.name, *column.type});
    declaration->primary_key = primary_key_;
    declaration->version_column = version_column_;
    for (const v1::SourceBinding& binding : table_.sources()) declaration->identities.push_back(IdentityOf(binding));
    bool keyed = !primary_key_.empty();
    std::vector<PlanRef> scans;
    for (uint32_t i = 0; i < declaration->identities.size(); ++i) {
      PlanScan scan;
      scan.table = declaration;
      scan.binding = i;
      scan.columns = FirstColumns(declaration->schema.size());
      scan.stamped = keyed;
      scans.push_back(MakeNode(std::move(scan), {}, table_.name()));
    }
    PlanRef node = scans.size() == 1 ? scans[0] : MakeNode(PlanUnion{}, scans, table_.name());
    if (keyed) {
      PlanUpsert upsert;
      upsert.key = primary_key_;
      upsert.version = version_column_;
      int64_t retention = table_.tombstone_retention_micros();
      upsert.tombstone_retention_micros = retention == 0 ? kTombstoneRetentionMicros : retention;
      return MakeNode(std::move(upsert), {node}, table_.name());
    }
    return table_.deletes() ? MakeNode(PlanKeylessDeletes{}, {node}, table_.name()) : node;
  }

  const v1::Table& declared_;
  const v1::Table table_;  // without generated columns
  const CompileContext& context_;
  ProblemList& problems_;
  std::string path_;
  std::vector<std::string> names_;
  Scope scope_;
  ColumnList primary_key_;
  std::optional<uint32_t> version_column_;
};

}  // namespace

BuiltRelation BuildTable(const v1::Table& table, const CompileContext& context, ProblemList& problems) {
  return TableBuilder(table, context, problems).Build();
}

}  // namespace freshet
