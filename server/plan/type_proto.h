// Types between their names, the proto and the engine.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/columnar/types.h"
#include "freshet/v1/type.pb.h"

namespace freshet {

// Reads an SQL name, also of a type that the engine does not have (text[][]). No value: no type.
std::optional<v1::Type> ParseTypeProto(std::string_view name);
// For messages: `numeric(12,2)`, `text[]`.
std::string FormatTypeProto(const v1::Type& type);
// What to say beside "there is no type ...".
std::string SuggestTypeName(std::string_view name);

v1::Type TypeToProto(DataType type);
// Fields of an engine's schema.
v1::Field FieldToProto(const Field& field);
Schema SchemaFromProto(const google::protobuf::RepeatedPtrField<v1::Field>& fields);

}  // namespace freshet
