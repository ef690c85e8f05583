#include "server/connectors/files/files_sink_connector.h"

#include <charconv>
#include <filesystem>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/connectors/api/queued_sink.h"
#include "server/connectors/api/sink_options.h"
#include "server/connectors/files/file_listing.h"
#include "server/connectors/files/files_sink_writer.h"

namespace freshet {
namespace {

std::vector<OptionDeclaration> MakeDeclarations() {
  std::vector<OptionDeclaration> declared = {
      {.name = "path",
       .doc = "the folder that the files go to, relative to files.root; made if absent",
       .required = true},
      {.name = "format",
       .doc = "json: a line {\"epoch\":,\"weight\":,\"row\":{}}; csv: columns __epoch and __weight first",
       .default_value = "json",
       .allowed = {"json", "csv"}},
      {.name = "envelope",
       .doc = "what a line means: a row with a weight",
       .default_value = "changes",
       .allowed = {"changes"}},
      {.name = "roll_bytes",
       .doc = "a file that has so many is closed, and gets its name",
       .default_value = "67108864",
       .check = CheckPositiveInteger},
      {.name = "roll_seconds",
       .doc = "a file that is open for so long is closed, and gets its name",
       .default_value = "3600",
       .check = CheckPositiveInteger},
  };
  for (const OptionDeclaration& option : CommonSinkOptions()) {
    if (option.name != "key") declared.push_back(option);
  }
  return declared;
}

const std::vector<OptionDeclaration>& Declarations() {
  static const std::vector<OptionDeclaration> declarations = MakeDeclarations();
  return declarations;
}

uint64_t NumberOf(const OptionMap& given, std::string_view name) {
  std::string text = OptionValue(Declarations(), given, name);
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::span<const OptionDeclaration> FilesSinkConnector::options() const { return Declarations(); }

void FilesSinkConnector::Validate(const v1::Sink& sink, const ValidateContext& context, Problems& problems) const {
  OptionMap given = OptionsOf(sink);
  if (!given.contains("path")) return;  // that has been told
  absl::StatusOr<std::string> path = RelativePath(context.files_root, given["path"]);
  if (!path.ok()) {
    AddProblem(problems, CodeOf(path.status()), "options.path", StdView(path.status().message()),
               "take a folder under files.root, or set files.root to a folder above it");
  } else if (IsGlob(given["path"])) {
    AddProblem(problems, ErrorCode::kInvalidOption, "options.path", "a sink writes to one folder, not to a pattern");
  }
}

absl::StatusOr<v1::SinkExtent> FilesSinkConnector::Resolve(const v1::PhysicalSink&, const ResolveContext&) const {
  return v1::SinkExtent();
}

absl::StatusOr<std::unique_ptr<ConnectorSink>> FilesSinkConnector::Open(const v1::PhysicalSink& sink,
                                                                        const v1::SinkExtent&,
                                                                        const SinkContext& context) const {
  OptionMap given = OptionsOf(sink.declaration());
  FilesSinkWriter::Options options;
  ASSIGN_OR_RETURN(std::string path, RelativePath(context.files_root, OptionValue(Declarations(), given, "path")));
  options.folder = (std::filesystem::path(context.files_root) / path).native();
  options.sink = sink.declaration().name();
  options.pipeline = context.pipeline;
  options.pipeline_uid = context.pipeline_uid;
  ASSIGN_OR_RETURN(options.schema, SinkSchemaOf(sink));
  options.csv = OptionValue(Declarations(), given, "format") == "csv";
  options.roll_bytes = NumberOf(given, "roll_bytes");
  options.roll_seconds = NumberOf(given, "roll_seconds");
  options.shard = context.shard.value();
  options.shard_count = context.shard_count;
  ASSIGN_OR_RETURN(QueuedSink::Options queue, QueueOptionsOf(sink, Declarations(), context));
  auto made = std::make_unique<QueuedSink>(
      std::move(queue), std::make_unique<FilesSinkWriter>(std::move(options), context.disk, context.clock));
  if (context.threads) made->StartThread();
  return made;
}

}  // namespace freshet
