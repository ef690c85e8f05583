// Reads protobuf messages that hold plans.
#pragma once

#include <string_view>

#include "google/protobuf/message_lite.h"

namespace freshet {

// Expressions and nodes nest deeper than the 100 levels that protobuf reads by default; what made the message has
// bounded them (500 levels an expression).
bool ParseMessage(std::string_view bytes, google::protobuf::MessageLite* message);

}  // namespace freshet
