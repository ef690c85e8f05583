// A definition's problems as JSON, for problem+json and for validate and explain.
#pragma once

#include <boost/json/array.hpp>

#include "freshet/v1/pipeline.pb.h"

namespace freshet {

// Objects with severity, code, message, and where they are known suggestion, path, file, line, column, excerpt.
boost::json::array ProblemsArray(const google::protobuf::RepeatedPtrField<v1::Problem>& problems);

}  // namespace freshet
