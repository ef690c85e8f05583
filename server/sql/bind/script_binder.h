// Binds a script's statements: tables, sinks and options become a document as YAML would give it, views become nodes of
// the logical plan.
#pragma once

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "server/definitions/script_reader.h"
#include "server/sql/bind/query_binder.h"
#include "server/sql/parse/statement.h"

namespace freshet {

class ScriptBinder : private RelationCatalog {
 public:
  // `errors`: those found so far.
  ScriptBinder(const std::string& script, const v1::Plan& earlier, const SubqueryJoiner& subqueries,
               std::vector<ExpressionError> errors);

  ScriptResult Bind(const std::vector<Statement>& statements);

 private:
  std::variant<std::vector<std::string>, ExpressionError> ColumnsOf(const std::string& relation,
                                                                    uint32_t offset) const override;

  void Declare(const std::vector<Statement>& statements);
  bool IsFirst(const NameSyntax& name, std::string_view what);
  void BindStatement(const CreateTable& table);
  void BindStatement(const CreateView& view);
  void BindStatement(const CreateSink& sink);
  void BindStatement(const CreateIndex& index);
  void BindStatement(const CommentOn& comment);
  void BindStatement(const SetOption& set);
  void BindViewOptions(const CreateView& create, v1::View* view);
  bool NameColumns(const CreateView& create, BoundQuery* query);

  // Parts of the document.
  DocumentNode& Section(std::string_view name);
  DocumentNode Scalar(std::string text, uint32_t offset) const;
  DocumentNode& Put(DocumentNode& mapping, const NameSyntax& key, DocumentNode value) const;
  // A list of names with commas between.
  DocumentNode NameList(const OptionSyntax& option) const;
  DocumentNode ColumnNode(const ColumnSyntax& column) const;
  Mark MarkOf(uint32_t offset) const;

  const std::string& script_;
  std::vector<uint32_t> line_starts_;
  v1::Plan plan_;  // earlier files, then what is bound so far
  const SubqueryJoiner& subqueries_;
  std::vector<ExpressionError> errors_;
  std::map<std::string, std::vector<std::string>> tables_;
  std::set<std::string> views_;   // of this script
  std::set<std::string> broken_;  // views whose query is wrong, and tables whose statement is
  std::set<std::string> bound_;
  ScriptResult result_;
};

}  // namespace freshet
