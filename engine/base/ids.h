// The ids of the engine (words: README.md, Glossary).
#pragma once

#include <cstdint>

#include "engine/base/strong_id.h"

namespace freshet {

// Unit of progress, visibility and recovery. 0 = before the first epoch; numbers grow, may skip, and stay below 2^53.
using Epoch = StrongId<struct EpochTag, uint64_t>;
// One start of a pipeline's group of shards; older ones are refused.
using Generation = StrongId<struct GenerationTag, uint64_t>;
// One process of a pipeline's group, 0 .. n-1; shard 0 conducts.
using ShardId = StrongId<struct ShardIdTag, uint16_t>;
// One of kVnodeCount ranges of the key hash.
using VnodeId = StrongId<struct VnodeIdTag, uint16_t>;
// A column of a batch or relation, from 0.
using ColumnIndex = StrongId<struct ColumnIndexTag, uint32_t>;
// An input of an operator, from 0 (a join's left is 0, its right is 1).
using PortIndex = StrongId<struct PortIndexTag, uint32_t>;
// A node of a circuit, from 0, in topological order: inputs have smaller ids than the nodes that read them.
using NodeId = StrongId<struct NodeIdTag, uint32_t>;
// An exchange of a circuit, from 0.
using ExchangeId = StrongId<struct ExchangeIdTag, uint32_t>;
// What lies between exchanges: 0 = reads sources only; the number of exchanges on the longest path to it.
using StageId = StrongId<struct StageIdTag, uint32_t>;
// A source instance of a circuit, from 0.
using SourceId = StrongId<struct SourceIdTag, uint32_t>;
// A sink of a circuit, from 0.
using SinkId = StrongId<struct SinkIdTag, uint32_t>;
// A materialized table or view of a circuit, from 0.
using ViewId = StrongId<struct ViewIdTag, uint32_t>;

}  // namespace freshet
