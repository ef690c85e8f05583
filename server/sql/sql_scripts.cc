#include "server/sql/sql_scripts.h"

#include "server/sql/bind/script_binder.h"
#include "server/sql/decorrelate/join_subqueries.h"
#include "server/sql/parse/parse_script.h"

namespace freshet {

ScriptResult SqlScripts::Read(const std::string& script, const v1::Plan& earlier) const {
  std::vector<ExpressionError> errors;
  std::vector<Statement> statements = ParseScript(script, errors);
  JoinSubqueries subqueries;
  return ScriptBinder(script, earlier, subqueries, std::move(errors)).Bind(statements);
}

}  // namespace freshet
