// Reads definitions that are SQL scripts.
#pragma once

#include "server/definitions/script_reader.h"

namespace freshet {

class SqlScripts : public ScriptReader {
 public:
  ScriptResult Read(const std::string& script, const v1::Plan& earlier) const override;
};

}  // namespace freshet
