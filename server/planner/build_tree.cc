#include "server/planner/build_tree.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/str_cat.h"
#include "server/definitions/places.h"
#include "server/definitions/suggestion.h"
#include "server/planner/names.h"
#include "server/planner/node_builder.h"
#include "server/planner/sink_builder.h"
#include "server/planner/table_builder.h"

namespace freshet {
namespace {

// More would be a mistake of what wrote it; a chain of so many is still planned in a fraction of a second.
constexpr int kMaxRelations = 1000;

class TreeBuilder : public RelationSource {
 public:
  TreeBuilder(const v1::Plan& plan, const CompileContext& context, ProblemList& problems)
      : plan_(plan), context_(context), problems_(problems) {}

  PlanTree Build() {
    CheckPipelineName(plan_.name(), problems_);
    if (plan_.tables_size() + plan_.views_size() + plan_.indexes_size() > kMaxRelations) {
      problems_.Add({.code = ErrorCode::kInvalidDefinition,
                     .path = "views",
                     .message = StrCat("there are ", plan_.tables_size() + plan_.views_size() + plan_.indexes_size(),
                                       " tables, views and indexes; at most ", kMaxRelations, " are taken"),
                     .suggestion = "nest nodes in fewer views, or split it into several pipelines"});
      return {};
    }
    NameRelations();
    for (const v1::Table& table : plan_.tables()) {
      BuiltRelation built = BuildTable(table, context_, problems_);
      if (tables_.at(table.name()) == &table) relations_[table.name()] = std::move(built);
    }
    for (const v1::View& view : plan_.views()) BuildView(view);
    PlanTree tree;
    for (const v1::Sink& sink : plan_.sinks()) AddSink(sink, &tree);
    for (const v1::Table& table : plan_.tables()) {
      if (table.materialized()) KeepTable(table, &tree);
    }
    for (const v1::View& view : plan_.views()) {
      if (view.materialized()) KeepView(view, &tree);
    }
    for (const v1::Index& index : plan_.indexes()) AddIndex(index, &tree);
    for (const v1::Comment& comment : plan_.comments()) CheckComment(comment);
    bool nothing_kept =
        std::none_of(plan_.tables().begin(), plan_.tables().end(),
                     [](const auto& each) { return each.materialized(); }) &&
        std::none_of(plan_.views().begin(), plan_.views().end(), [](const auto& each) { return each.materialized(); });
    // A view of a script that is wrong is not in the plan.
    if (nothing_kept && plan_.sinks().empty() && !problems_.has_errors()) {
      problems_.Add({.code = ErrorCode::kInvalidDefinition,
                     .path = "views",
                     .message = "nothing is kept: no view or table is materialized, and there is no sink",
                     .suggestion = "materialized: true"});
    }
    return tree;
  }

  BuiltRelation Find(const std::string& name, const std::string& path) override {
    if (auto view = views_.find(name); view != views_.end() && !relations_.contains(name)) {
      if (building_.contains(name)) {
        ReportCycle(name, path);
        return {};
      }
      BuildView(*view->second);
    }
    auto it = relations_.find(name);
    if (it != relations_.end()) return it->second;
    problems_.Add({.code = ErrorCode::kUnknownRelation,
                   .path = path,
                   .message = StrCat("there is no table or view ", name),
                   .suggestion = SuggestName(name, names_)});
    return {};
  }

 private:
  void NameRelations() {
    std::set<std::string> seen;
    auto add = [&](const std::string& name, const std::string& path) {
      if (seen.insert(name).second) {
        names_.push_back(name);
        return true;
      }
      problems_.Add({.code = ErrorCode::kDuplicateName,
                     .path = path,
                     .message = StrCat("a table, view or index ", name, " is there already")});
      return false;
    };
    for (const v1::Table& table : plan_.tables()) {
      add(table.name(), JoinPath("tables", table.name()));
      tables_.try_emplace(table.name(), &table);
    }
    for (const v1::View& view : plan_.views()) {
      if (add(view.name(), JoinPath("views", view.name()))) views_.emplace(view.name(), &view);
    }
    const size_t relations = names_.size();
    for (const v1::Index& index : plan_.indexes()) add(index.name(), JoinPath("indexes", index.name()));
    names_.resize(relations);  // nobody reads an index by its name
  }

  void BuildView(const v1::View& view) {
    auto known = views_.find(view.name());
    if (known == views_.end() || known->second != &view || relations_.contains(view.name())) return;
    std::string path = JoinPath("views", view.name());
    CheckName(view.name(), "view", path, problems_);
    building_.insert(view.name());
    chain_.push_back(view.name());
    BuiltRelation built = NodeBuilder(view.name(), *this, problems_).Build(view.node(), path);
    chain_.pop_back();
    building_.erase(view.name());
    AddRelation(built.scope, view.name());
    relations_[view.name()] = std::move(built);
  }

  void ReportCycle(const std::string& name, const std::string& path) {
    std::string way;
    for (auto it = std::find(chain_.begin(), chain_.end(), name); it != chain_.end(); ++it)
      StrAppend(&way, *it, " -> ");
    problems_.Add({.code = ErrorCode::kCyclicViews,
                   .path = path,
                   .message = StrCat("views read each other in a cycle: ", way, name),
                   .suggestion = "recursion is not built in this release"});
  }

  void AddSink(const v1::Sink& sink, PlanTree* tree) {
    std::string path = JoinPath("sinks", sink.name());
    const BuiltRelation* from = nullptr;
    if (sink.from().empty()) {
      problems_.Add({.code = ErrorCode::kMissingField,
                     .path = path,
                     .message = "the sink does not say what it reads",
                     .suggestion = "from: the name of a table or view"});
    } else if (auto it = relations_.find(sink.from()); it != relations_.end()) {
      from = &it->second;
    } else {
      problems_.Add({.code = ErrorCode::kUnknownRelation,
                     .path = JoinPath(path, "from"),
                     .message = StrCat("there is no table or view ", sink.from()),
                     .suggestion = SuggestName(sink.from(), names_)});
    }
    std::optional<PlanSink> built = BuildSink(sink, from, DeclaredKey(sink.from(), from), context_, problems_);
    if (built) tree->sinks.push_back(*std::move(built));
  }

  // Of a view, as far as its columns are known; what is wrong with it is told where the view is kept.
  ColumnList DeclaredKey(const std::string& name, const BuiltRelation* built) const {
    ColumnList key;
    auto view = views_.find(name);
    if (view == views_.end() || built == nullptr) return key;
    for (const std::string& column : view->second->key()) {
      auto it = std::find_if(built->scope.begin(), built->scope.end(),
                             [&](const ScopeColumn& each) { return each.name == column; });
      if (it != built->scope.end()) key.push_back(static_cast<uint32_t>(it - built->scope.begin()));
    }
    return key;
  }

  void KeepTable(const v1::Table& table, PlanTree* tree) {
    const BuiltRelation& built = relations_[table.name()];
    if (built.node == nullptr) return;
    PlanView view = ViewOf(table.name(), built);
    view.table = true;
    view.key_unique = !view.key.empty();
    tree->views.push_back(std::move(view));
  }

  void KeepView(const v1::View& view, PlanTree* tree) {
    const BuiltRelation& built = relations_[view.name()];
    std::string path = JoinPath("views", view.name());
    ColumnList key = CheckView(view, built, path);
    if (built.node == nullptr) return;
    PlanView kept = ViewOf(view.name(), built);
    if (!view.key().empty()) kept.key = std::move(key);
    const auto& unique = built.node->relation.properties.unique_key;
    kept.key_unique = unique && !kept.key.empty() && Contains(kept.key, *unique);
    tree->views.push_back(std::move(kept));
  }

  // With the key that follows from what is known of the relation.
  static PlanView ViewOf(const std::string& name, const BuiltRelation& built) {
    PlanView view;
    view.name = name;
    view.node = built.node;
    for (const ScopeColumn& column : built.scope) view.columns.push_back(column.name);
    view.key = built.node->relation.properties.unique_key.value_or(ColumnList());
    return view;
  }

  ColumnList CheckView(const v1::View& view, const BuiltRelation& built, const std::string& path) {
    std::vector<std::string> names;
    if (!built.named) return {};
    for (const ScopeColumn& column : built.scope) {
      if (std::find(names.begin(), names.end(), column.name) != names.end()) {
        problems_.Add({.code = ErrorCode::kDuplicateName,
                       .path = path,
                       .message = StrCat("the view would have two columns ", column.name),
                       .suggestion = "choose and name its columns with a project"});
      } else {
        names.push_back(column.name);
      }
    }
    return FindColumns(view.key(), names, JoinPath(path, "key"), "view");
  }

  // An index is one more store of the rows, which the planner spreads by its columns.
  void AddIndex(const v1::Index& index, PlanTree* tree) {
    const std::string path = JoinPath("indexes", index.name());
    CheckName(index.name(), "index", path, problems_);
    const auto relation = relations_.find(index.on());
    if (relation == relations_.end()) {
      problems_.Add({.code = ErrorCode::kUnknownRelation,
                     .path = JoinPath(path, "on"),
                     .message = StrCat("there is no table or view ", index.on()),
                     .suggestion = SuggestName(index.on(), names_)});
      return;
    }
    if (!relation->second.named) return;
    std::vector<std::string> names;
    for (const ScopeColumn& column : relation->second.scope) names.push_back(column.name);
    ColumnList key = FindColumns(index.columns(), names, JoinPath(path, "columns"), "index");
    if (index.columns().empty()) {
      problems_.Add({.code = ErrorCode::kMissingField,
                     .path = path,
                     .message = "the index has no columns",
                     .suggestion = "columns: [a column of the view]"});
    }
    const auto kept = std::find_if(tree->views.begin(), tree->views.end(),
                                   [&](const PlanView& view) { return view.name == index.on(); });
    if (kept == tree->views.end()) {
      if (relation->second.node == nullptr) return;  // what is wrong with it has been told
      problems_.Add({.code = ErrorCode::kNotMaterialized,
                     .path = JoinPath(path, "on"),
                     .message = StrCat(index.on(), " keeps no rows"),
                     .suggestion = "materialize it: CREATE MATERIALIZED VIEW, or materialized: true"});
      return;
    }
    PlanView view = *kept;
    view.name = index.name();
    view.index_on = index.on();
    view.key = std::move(key);
    view.table = view.key_unique = false;
    tree->views.push_back(std::move(view));
  }

  void CheckComment(const v1::Comment& comment) {
    const std::string name = comment.column().empty() ? comment.on() : StrCat(comment.on(), ".", comment.column());
    const std::string path = JoinPath("comments", name);
    const auto relation = relations_.find(comment.on());
    if (relation == relations_.end()) {
      problems_.Add({.code = ErrorCode::kUnknownRelation,
                     .path = path,
                     .message = StrCat("there is no table or view ", comment.on()),
                     .suggestion = SuggestName(comment.on(), names_)});
      return;
    }
    if (comment.column().empty() || !relation->second.named) return;
    std::vector<std::string> names;
    for (const ScopeColumn& column : relation->second.scope) names.push_back(column.name);
    if (std::find(names.begin(), names.end(), comment.column()) != names.end()) return;
    problems_.Add({.code = ErrorCode::kUnknownColumn,
                   .path = path,
                   .message = StrCat(comment.on(), " has no column ", comment.column()),
                   .suggestion = SuggestName(comment.column(), names)});
  }

  // The columns of a view's or index's key among `names`.
  template <typename Columns>
  ColumnList FindColumns(const Columns& columns, const std::vector<std::string>& names, const std::string& path,
                         std::string_view of) {
    ColumnList found;
    for (int i = 0; i < columns.size(); ++i) {
      const std::string item = JoinPath(path, static_cast<size_t>(i));
      const auto name = std::find(names.begin(), names.end(), columns.at(i));
      if (name == names.end()) {
        problems_.Add({.code = ErrorCode::kUnknownColumn,
                       .path = item,
                       .message = StrCat("the view has no column ", columns.at(i)),
                       .suggestion = SuggestName(columns.at(i), names)});
        continue;
      }
      const auto column = static_cast<uint32_t>(name - names.begin());
      if (Contains(found, {column})) {
        problems_.Add(
            {.code = ErrorCode::kDuplicateName,
             .path = item,
             .message = StrCat("the column ", columns.at(i), " stands twice in the ", of == "view" ? "key" : "index")});
        continue;
      }
      found.push_back(column);
    }
    return found;
  }

  const v1::Plan& plan_;
  const CompileContext& context_;
  ProblemList& problems_;
  std::vector<std::string> names_;
  std::map<std::string, const v1::Table*> tables_;
  std::map<std::string, const v1::View*> views_;
  std::map<std::string, BuiltRelation> relations_;
  std::set<std::string> building_;
  std::vector<std::string> chain_;
};

}  // namespace

PlanTree BuildTree(const v1::Plan& plan, const CompileContext& context, ProblemList& problems) {
  return TreeBuilder(plan, context, problems).Build();
}

}  // namespace freshet
