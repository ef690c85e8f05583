#include "server/planner/sink_builder.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/str_cat.h"
#include "server/connectors/api/sink_options.h"
#include "server/connectors/sink_list.h"
#include "server/definitions/places.h"
#include "server/definitions/suggestion.h"
#include "server/planner/names.h"

namespace freshet {
namespace {

class SinkBuilder {
 public:
  SinkBuilder(const v1::Sink& sink, const CompileContext& context, ProblemList& problems)
      : sink_(sink), context_(context), problems_(problems), path_(JoinPath("sinks", sink.name())) {}

  std::optional<PlanSink> Build(const BuiltRelation* from, const ColumnList& declared_key) {
    const size_t before = problems_.error_count();
    CheckName(sink_.name(), "sink", path_, problems_);
    CheckConnector();
    if (from != nullptr && from->named) NameColumns(from->scope);
    PlanSink built;
    const SinkConnector* connector = FindSinkConnector(sink_.connector());
    if (from == nullptr || from->node == nullptr || connector == nullptr) return std::nullopt;
    built.declaration = sink_;
    built.columns = names_;
    built.node = from->node;
    built.has_partitions = connector->has_partitions();
    ChooseKey(*from->node, declared_key, &built);
    built.partition_by = built.key;
    if (auto given = sink_.options().find("partition_by"); given != sink_.options().end()) {
      built.partition_by = FindColumns("partition_by", given->second);
    }
    CheckEnvelope(*from->node, *connector, built);
    if (problems_.error_count() != before) return std::nullopt;
    return built;
  }

 private:
  void Add(ErrorCode code, const std::string& path, std::string message, std::string suggestion = "") {
    problems_.Add({.code = code, .path = path, .message = std::move(message), .suggestion = std::move(suggestion)});
  }

  // Options stand flat in a definition.
  void CheckConnector() {
    for (v1::Problem& problem : ValidateSink(sink_, ValidateContext{context_.files_root})) {
      std::string name = problem.path().starts_with("options.") ? problem.path().substr(8) : problem.path();
      problem.set_path(JoinPath(path_, name));
      problems_.AddProblem(std::move(problem));
    }
  }

  void NameColumns(const Scope& scope) {
    for (const ScopeColumn& column : scope) {
      if (std::find(names_.begin(), names_.end(), column.name) != names_.end()) {
        Add(ErrorCode::kDuplicateName, path_, StrCat("the sink would have two columns ", column.name),
            "choose and name the columns of what it reads with a project");
      }
      names_.push_back(column.name);
    }
  }

  ColumnList FindColumns(const char* option, const std::string& text) {
    ColumnList columns;
    std::string path = JoinPath(path_, option);
    for (const std::string& name : ColumnNamesOf(text)) {
      auto it = std::find(names_.begin(), names_.end(), name);
      auto column = static_cast<uint32_t>(it - names_.begin());
      if (it == names_.end()) {
        Add(ErrorCode::kUnknownColumn, path, StrCat(sink_.from(), " has no column ", name), SuggestName(name, names_));
      } else if (Contains(columns, {column})) {
        Add(ErrorCode::kDuplicateName, path, StrCat("the column ", name, " stands twice in ", option));
      } else {
        columns.push_back(column);
      }
    }
    return columns;
  }

  void ChooseKey(const PlanNode& node, const ColumnList& declared_key, PlanSink* built) {
    const auto& unique = node.relation.properties.unique_key;
    auto proved = [&](const ColumnList& key) { return unique && Contains(key, *unique); };
    if (auto given = sink_.options().find("key"); given != sink_.options().end()) {
      built->key = FindColumns("key", given->second);
    } else if (!declared_key.empty()) {
      built->key = proved(declared_key) || !unique ? declared_key : *unique;
    } else if (unique) {
      built->key = *unique;
    }
    built->key_unique = proved(built->key);
  }

  std::string NamesOf(const ColumnList& columns) const {
    std::string text;
    for (uint32_t column : columns) StrAppend(&text, text.empty() ? "" : ", ", names_[column]);
    return text;
  }

  void CheckEnvelope(const PlanNode& node, const SinkConnector& connector, const PlanSink& built) {
    SinkEnvelope envelope = SinkEnvelopeOf(OptionValue(connector.options(), OptionsOf(sink_), "envelope"));
    std::string path = JoinPath(path_, sink_.options().contains("envelope") ? "envelope" : "from");
    if (envelope == SinkEnvelope::kPlain && !node.relation.properties.append_only) {
      Add(ErrorCode::kInvalidOption, path,
          StrCat("envelope plain writes rows that never go, and rows of ", sink_.from(), " change"),
          built.key_unique ? "envelope: upsert, or changes" : "envelope: changes");
    }
    if (envelope != SinkEnvelope::kUpsert) return;
    if (!built.key_unique) {
      std::string key = NamesOf(built.key);
      std::string key_path = sink_.options().contains("key") ? JoinPath(path_, "key") : path;
      Add(ErrorCode::kKeyNotUnique, key_path,
          key.empty()
              ? StrCat("envelope upsert needs a key, and nothing proves that rows of ", sink_.from(), " have one")
              : StrCat("envelope upsert needs a unique key, and nothing proves that no two rows of ", sink_.from(),
                       " are equal in ", key),
          "read a view that has one row for each key (DISTINCT ON, or GROUP BY the key), name its unique columns with "
          "`key:`, or take envelope changes");
      return;
    }
    if (!Contains(built.key, built.partition_by)) {
      Add(ErrorCode::kInvalidOption, JoinPath(path_, "partition_by"),
          "with envelope upsert the partition follows from the key: a row that moved between partitions would be "
          "deleted and written in any order",
          StrCat("take columns of the key: ", NamesOf(built.key)));
    }
  }

  const v1::Sink& sink_;
  const CompileContext& context_;
  ProblemList& problems_;
  const std::string path_;
  std::vector<std::string> names_;
};

}  // namespace

std::optional<PlanSink> BuildSink(const v1::Sink& sink, const BuiltRelation* from, const ColumnList& declared_key,
                                  const CompileContext& context, ProblemList& problems) {
  return SinkBuilder(sink, context, problems).Build(from, declared_key);
}

}  // namespace freshet
