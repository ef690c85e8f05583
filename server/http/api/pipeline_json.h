// Pipelines, their status and their relations as JSON.
#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "freshet/v1/pipeline.pb.h"
#include "server/pipelines/pipelines.h"

namespace freshet {

// The resource: name, uid, states, revision, generation, etag, times, the definition's files.
boost::json::object PipelineJson(const v1::Pipeline& pipeline);
// What it does now: state, epoch, lag, load, shards, sources, views.
boost::json::object StatusJson(const v1::Pipeline& pipeline);
boost::json::object LoadJson(const v1::LoadProgress& load);
// A table or view: name, columns, key, whether it is materialized, number of rows.
boost::json::object RelationJson(const RelationInfo& relation);

// `RUNNING` and so on.
std::string StateName(v1::Pipeline::State state);

}  // namespace freshet
