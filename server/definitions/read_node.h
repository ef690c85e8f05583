// Reads nodes and expressions of a definition's text into the logical plan.
#pragma once

#include <string>

#include "freshet/v1/plan.pb.h"
#include "server/definitions/document.h"
#include "server/definitions/field_reader.h"
#include "server/definitions/problem_list.h"

namespace freshet {

// An input: the name of a relation, or a mapping with one node key.
void ReadNode(const DocumentNode& node, const std::string& path, v1::Node& out, ProblemList& problems);

// The one node key among the fields of a mapping that has others too, as a view has. Takes the rest of the fields:
// what is left over and no node is an unknown field.
void ReadNodeOf(FieldReader& fields, const DocumentNode& node, v1::Node& out, ProblemList& problems);

// SQL text, or a typed tree: {column: ..}, {literal: {type, text}}, {call: {function, arguments}}, {cast: {operand,
// type}}.
void ReadExpression(const DocumentNode& node, const std::string& path, v1::Expression& out, ProblemList& problems);

}  // namespace freshet
