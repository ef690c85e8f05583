#include "server/http/api/pipeline_json.h"

#include <google/protobuf/util/time_util.h>

#include <boost/json/array.hpp>

#include "engine/base/str_cat.h"
#include "engine/columnar/types.h"
#include "server/plan/type_proto.h"

namespace freshet {
namespace {

namespace json = boost::json;

std::string PipelineId(const v1::Pipeline& pipeline) { return pipeline.name().substr(pipeline.name().rfind('/') + 1); }

std::string DesiredStateName(v1::Pipeline::DesiredState state) {
  return state == v1::Pipeline::HALTED ? "HALTED" : "STARTED";
}

json::array ColumnsJson(const auto& fields) {
  json::array columns;
  for (const v1::Field& field : fields) {
    columns.push_back(json::object{{"name", field.name()}, {"type", FormatTypeProto(field.type())}});
  }
  return columns;
}

json::array NamesJson(const auto& names) {
  json::array array;
  for (const std::string& name : names) array.emplace_back(name);
  return array;
}

json::object ShardJson(const v1::ShardStatus& shard) {
  return {{"shard", shard.shard()},
          {"pid", shard.pid()},
          {"memory_bytes", shard.memory_bytes()},
          {"state_bytes", shard.state_bytes()},
          {"rows", shard.rows()}};
}

json::object SourceJson(const v1::SourceStatus& source) {
  return {{"source", source.source()},
          {"table", source.table()},
          {"connector", source.connector()},
          {"rows", source.rows()},
          {"bytes", source.bytes()},
          {"dead_letters", source.dead_letters()},
          {"unknown_fields", source.unknown_fields()},
          {"message", source.message()},
          {"finished", source.finished()}};
}

json::object SinkJson(const v1::SinkStatus& sink) {
  return {{"sink", sink.sink()},
          {"from", sink.from()},
          {"connector", sink.connector()},
          {"rows", sink.rows()},
          {"bytes", sink.bytes()},
          {"epoch", sink.epoch()},
          {"epochs_behind", sink.epochs_behind()},
          {"buffered_bytes", sink.buffered_bytes()},
          {"error_rows", sink.error_rows()},
          {"message", sink.message()}};
}

}  // namespace

std::string StateName(v1::Pipeline::State state) { return v1::Pipeline::State_Name(state); }

json::object LoadJson(const v1::LoadProgress& load) {
  return {{"rows", load.rows()},
          {"bytes", load.bytes()},
          {"total_bytes", load.total_bytes()},
          {"complete", load.complete()}};
}

json::object PipelineJson(const v1::Pipeline& pipeline) {
  json::array files;
  for (const v1::DefinitionFile& file : pipeline.definition().files()) {
    files.push_back(json::object{{"name", file.name()},
                                 {"language", v1::DefinitionFile::Language_Name(file.language())},
                                 {"text", file.text()}});
  }
  return {{"name", pipeline.name()},
          {"id", PipelineId(pipeline)},
          {"uid", pipeline.uid()},
          {"desired_state", DesiredStateName(pipeline.desired_state())},
          {"state", StateName(pipeline.state())},
          {"reason", pipeline.status().reason()},
          {"revision", pipeline.revision()},
          {"generation", pipeline.generation()},
          {"etag", pipeline.etag()},
          {"create_time", google::protobuf::util::TimeUtil::ToString(pipeline.create_time())},
          {"update_time", google::protobuf::util::TimeUtil::ToString(pipeline.update_time())},
          {"definition", json::object{{"files", std::move(files)}}}};
}

json::object StatusJson(const v1::Pipeline& pipeline) {
  const v1::PipelineStatus& status = pipeline.status();
  json::array shards, sources, views, sinks;
  for (const v1::SinkStatus& sink : status.sinks()) sinks.push_back(SinkJson(sink));
  for (const v1::ShardStatus& shard : status.shards()) shards.push_back(ShardJson(shard));
  for (const v1::SourceStatus& source : status.sources()) sources.push_back(SourceJson(source));
  for (const v1::ViewStatus& view : status.views()) {
    views.push_back(json::object{{"name", view.name()}, {"rows", view.rows()}, {"table", view.table()}});
  }
  return {{"pipeline", PipelineId(pipeline)},
          {"uid", pipeline.uid()},
          {"state", StateName(pipeline.state())},
          {"desired_state", DesiredStateName(pipeline.desired_state())},
          {"reason", status.reason()},
          {"revision", pipeline.revision()},
          {"generation", pipeline.generation()},
          {"epoch", status.epoch()},
          {"lag_ms", status.lag_ms()},
          {"restarts", status.restarts()},
          {"load", LoadJson(status.load())},
          {"shards", std::move(shards)},
          {"sources", std::move(sources)},
          {"views", std::move(views)},
          {"sinks", std::move(sinks)}};
}

json::object RelationJson(const RelationInfo& relation) {
  json::array columns = ColumnsJson(relation.columns);
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto comment = relation.comments.find(relation.columns[i].name());
    if (comment != relation.comments.end()) columns[i].as_object()["comment"] = comment->second;
  }
  json::object object{{"name", relation.name},
                      {"columns", std::move(columns)},
                      {"key", NamesJson(relation.key)},
                      {"materialized", relation.materialized}};
  if (const auto comment = relation.comments.find(""); comment != relation.comments.end()) {
    object["comment"] = comment->second;
  }
  if (relation.materialized) {
    object["rows"] = relation.rows;
    json::array indexes;
    for (const auto& columns : relation.indexes) indexes.push_back(NamesJson(columns));
    object["indexes"] = std::move(indexes);
  }
  return object;
}

}  // namespace freshet
