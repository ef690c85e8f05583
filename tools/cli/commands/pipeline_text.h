// Prints pipelines for people and for programs.
#pragma once

#include <cstdint>
#include <string>

#include <boost/json/fwd.hpp>

#include "freshet/v1/pipeline.pb.h"
#include "tools/cli/output/output_format.h"

namespace freshet {

// After a call that changed it: one line.
void PrintPipelineLine(const v1::Pipeline& pipeline, OutputFormat format);
// What /v1/pipelines/p/status answers, for people.
void PrintStatus(const boost::json::object& status);
// The resource with its definition's files, for people.
void PrintPipeline(const boost::json::object& pipeline);

// Members of answers; a missing one is empty or 0.
std::string TextOf(const boost::json::object& object, const char* key);
uint64_t NumberOf(const boost::json::object& object, const char* key);

}  // namespace freshet
