#include "tools/cli/commands/pipeline_text.h"

#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "engine/base/str_cat.h"
#include "tools/cli/output/progress.h"
#include "tools/cli/output/table.h"

namespace freshet {
namespace {

namespace json = boost::json;

std::string IdOf(const v1::Pipeline& pipeline) { return pipeline.name().substr(pipeline.name().rfind('/') + 1); }

const json::array& ListOf(const json::object& object, const char* key) {
  static const json::array kEmpty;
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : kEmpty;
}

std::string LoadText(const json::object& status) {
  const json::value* load = status.if_contains("load");
  if (load == nullptr || !load->is_object()) return "";
  const json::object& object = load->get_object();
  uint64_t bytes = NumberOf(object, "bytes"), total = NumberOf(object, "total_bytes");
  const json::value* complete = object.if_contains("complete");
  std::string text = StrCat(GroupedNumber(NumberOf(object, "rows")), " rows, ", ByteText(static_cast<double>(bytes)));
  if (total > 0) StrAppend(&text, " of ", ByteText(static_cast<double>(total)), ", ", bytes * 100 / total, " %");
  return StrCat(text, complete != nullptr && complete->is_bool() && complete->get_bool() ? ", complete" : "");
}

void PrintSources(const json::object& status) {
  if (ListOf(status, "sources").empty()) return;
  PrintText("\n");
  Table table({"TABLE", "CONNECTOR", "ROWS", "BYTES", "DEAD LETTERS", "UNKNOWN FIELDS", "STATE"});
  for (const json::value& value : ListOf(status, "sources")) {
    const json::object& source = value.as_object();
    const json::value* finished = source.if_contains("finished");
    std::string state = TextOf(source, "message");
    if (state.empty())
      state = finished != nullptr && finished->is_bool() && finished->get_bool() ? "finished" : "reading";
    table.Add({TextOf(source, "table"), TextOf(source, "connector"), GroupedNumber(NumberOf(source, "rows")),
               GroupedNumber(NumberOf(source, "bytes")), GroupedNumber(NumberOf(source, "dead_letters")),
               GroupedNumber(NumberOf(source, "unknown_fields")), state});
  }
  table.Flush();
}

void PrintViews(const json::object& status) {
  if (ListOf(status, "views").empty()) return;
  PrintText("\n");
  Table table({"VIEW", "ROWS"});
  for (const json::value& value : ListOf(status, "views")) {
    table.Add({TextOf(value.as_object(), "name"), GroupedNumber(NumberOf(value.as_object(), "rows"))});
  }
  table.Flush();
}

void PrintSinks(const json::object& status) {
  if (ListOf(status, "sinks").empty()) return;
  PrintText("\n");
  Table table({"SINK", "FROM", "CONNECTOR", "ROWS", "BYTES", "EPOCHS BEHIND", "BUFFERED", "ERROR ROWS", "STATE"});
  for (const json::value& value : ListOf(status, "sinks")) {
    const json::object& sink = value.as_object();
    std::string state = TextOf(sink, "message");
    table.Add({TextOf(sink, "sink"), TextOf(sink, "from"), TextOf(sink, "connector"),
               GroupedNumber(NumberOf(sink, "rows")), GroupedNumber(NumberOf(sink, "bytes")),
               GroupedNumber(NumberOf(sink, "epochs_behind")),
               ByteText(static_cast<double>(NumberOf(sink, "buffered_bytes"))),
               GroupedNumber(NumberOf(sink, "error_rows")), state.empty() ? "writing" : state});
  }
  table.Flush();
}

void PrintShards(const json::object& status) {
  if (ListOf(status, "shards").empty()) return;
  PrintText("\n");
  Table table({"SHARD", "PID", "MEMORY", "STATE", "ROWS"});
  for (const json::value& value : ListOf(status, "shards")) {
    const json::object& shard = value.as_object();
    table.Add({StrCat(NumberOf(shard, "shard")), StrCat(NumberOf(shard, "pid")),
               ByteText(static_cast<double>(NumberOf(shard, "memory_bytes"))),
               ByteText(static_cast<double>(NumberOf(shard, "state_bytes"))), GroupedNumber(NumberOf(shard, "rows"))});
  }
  table.Flush();
}

}  // namespace

std::string TextOf(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

uint64_t NumberOf(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return 0;
  if (value->is_uint64()) return value->get_uint64();
  return value->is_int64() && value->get_int64() > 0 ? static_cast<uint64_t>(value->get_int64()) : 0;
}

void PrintPipelineLine(const v1::Pipeline& pipeline, OutputFormat format) {
  std::string state = v1::Pipeline::State_Name(pipeline.state());
  if (format == OutputFormat::kTable || format == OutputFormat::kCsv) {
    PrintText(StrCat(IdOf(pipeline), ": ", state, " (revision ", pipeline.revision(), ")\n"));
    return;
  }
  PrintValue(json::object{{"name", pipeline.name()},
                          {"uid", pipeline.uid()},
                          {"state", state},
                          {"revision", pipeline.revision()},
                          {"generation", pipeline.generation()},
                          {"epoch", pipeline.status().epoch()},
                          {"etag", pipeline.etag()}},
             format);
}

void PrintStatus(const json::object& status) {
  std::string text = StrCat(TextOf(status, "pipeline"), ": ", TextOf(status, "state"));
  std::string reason = TextOf(status, "reason");
  if (!reason.empty()) StrAppend(&text, " (", reason, ")");
  StrAppend(&text, "\nrevision ", NumberOf(status, "revision"), ", generation ", NumberOf(status, "generation"),
            ", epoch ", NumberOf(status, "epoch"), ", lag ", NumberOf(status, "lag_ms"), " ms, restarts ",
            NumberOf(status, "restarts"), "\nload: ", LoadText(status), "\n");
  PrintText(text);
  PrintSources(status);
  PrintViews(status);
  PrintSinks(status);
  PrintShards(status);
}

void PrintPipeline(const json::object& pipeline) {
  std::string text;
  for (const char* key : {"name", "uid", "state", "reason", "desired_state", "etag", "create_time", "update_time"}) {
    if (std::string value = TextOf(pipeline, key); !value.empty()) StrAppend(&text, key, ": ", value, "\n");
  }
  StrAppend(&text, "revision: ", NumberOf(pipeline, "revision"), "\ngeneration: ", NumberOf(pipeline, "generation"),
            "\n");
  const json::value* definition = pipeline.if_contains("definition");
  if (definition != nullptr && definition->is_object()) {
    for (const json::value& file : ListOf(definition->get_object(), "files")) {
      StrAppend(&text, "\n--- ", TextOf(file.as_object(), "name"), "\n", TextOf(file.as_object(), "text"));
      if (!text.ends_with('\n')) text.push_back('\n');
    }
  }
  PrintText(text);
}

}  // namespace freshet
