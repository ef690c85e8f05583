#include "server/sql/bind/function_names.h"

namespace freshet {

std::vector<FunctionSpelling> SpellingsOf(std::string_view name, size_t arguments) {
  if (name == "position" && arguments == 2) return {{"strpos"}, {"position", true}};
  if (name == "substring") return {{"substring"}, {"substr"}};
  if (name == "substr") return {{"substr"}, {"substring"}};
  if (name == "btrim") return {{"btrim"}, {"trim"}};
  if (name == "extract" || name == "date_part") return {{name}, {"extract"}, {"date_part"}};
  if (name == "like") return {{"like"}, {"~~"}};
  if (name == "ilike") return {{"ilike"}, {"~~*"}};
  if (name == "char_length" || name == "character_length") return {{name}, {"length"}};
  if (name == "<>") return {{"<>"}, {"!="}};
  return {{name}};
}

}  // namespace freshet
