// Shapes the pipeline resource out of what the catalog and the supervisor know.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "freshet/v1/pipeline.pb.h"
#include "server/catalog/catalog.h"
#include "server/supervisor/group_status.h"

namespace freshet {

v1::Pipeline MakePipelineResource(const CatalogPipeline& pipeline, const GroupStatus& group);

// The state that users see: of what they want now, also where the group has not heard of it yet.
v1::Pipeline::State StateOf(const CatalogPipeline& pipeline, const GroupStatus& group);

std::string EtagOf(const v1::CatalogEntry& entry);
// ETAG_MISMATCH unless `etag` is empty or the current one.
absl::Status CheckEtag(const v1::CatalogEntry& entry, const std::string& etag);

// [a-z][a-z0-9_-]{0,62}; error: INVALID_NAME.
absl::Status CheckPipelineId(const std::string& id);
// What a pipeline is called that nobody named: by its definition, else by its first file.
std::string DefaultPipelineId(const v1::Definition& definition, const v1::Plan& plan);

}  // namespace freshet
