#include "server/connectors/files/files_connector.h"

#include <charconv>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "server/connectors/api/block_builder.h"
#include "server/connectors/api/record_options.h"
#include "server/connectors/files/file_extents.h"
#include "server/connectors/files/file_listing.h"
#include "server/connectors/files/files_source.h"

namespace freshet {
namespace {

const OptionDeclaration kOptions[] = {
    {.name = "path",
     .doc = "a file, a folder or a pattern (*, ?, [a-z], **), relative to files.root",
     .required = true},
    {.name = "mode",
     .doc = "static: reads what is there, then ends; follow: goes on with new files and with what is appended",
     .default_value = "static",
     .allowed = {"static", "follow"}},
    {.name = "poll_interval_ms",
     .doc = "mode follow: how often files are looked at, where the system does not tell of changes (network file "
            "systems, links); where it does, how long after a change at the latest",
     .default_value = "500",
     .check = CheckPositiveInteger},
    {.name = "rescan_interval_ms",
     .doc = "mode follow: how often files are looked at where the system does tell of changes, for what it does not "
            "tell (writes through a memory map, a folder above files.root that is renamed)",
     .default_value = "60000",
     .check = CheckPositiveInteger},
};

FilesSource::Options ReadOptions(const v1::SourceBinding& binding) {
  OptionMap given = OptionsOf(binding);
  FilesSource::Options options;
  options.path = OptionValue(kOptions, given, "path");
  options.follow = OptionValue(kOptions, given, "mode") == "follow";
  std::string interval = OptionValue(kOptions, given, "poll_interval_ms");
  std::from_chars(interval.data(), interval.data() + interval.size(), options.poll_interval_ms);
  interval = OptionValue(kOptions, given, "rescan_interval_ms");
  std::from_chars(interval.data(), interval.data() + interval.size(), options.rescan_interval_ms);
  return options;
}

}  // namespace

std::span<const OptionDeclaration> FilesConnector::options() const { return kOptions; }

Problems FilesConnector::Validate(const v1::Table& table, const v1::SourceBinding& binding,
                                  const ValidateContext& context) const {
  Problems problems;
  ValidateRecords(table, binding, {.connector = name(), .options = kOptions, .files = true}, problems);
  OptionMap given = OptionsOf(binding);
  if (given.contains("path")) {
    absl::StatusOr<std::string> path = RelativePath(context.files_root, given["path"]);
    if (!path.ok()) {
      AddProblem(problems, CodeOf(path.status()), "options.path", StdView(path.status().message()),
                 "move the file under files.root, or set files.root to a folder above it");
    }
  }
  bool plain = !given.contains("envelope") || given["envelope"] == "plain";
  if (table.deletes() && plain && given.contains("mode") && given["mode"] == "follow") {
    AddProblem(
        problems, ErrorCode::kUnsupported, "/deletes",
        "deletes with files in mode follow retracts the rows of changed and deleted files, which is not built in "
        "this release",
        "leave deletes out, use mode static, or say in the records what is deleted (envelope: changes)");
  }
  return problems;
}

bool FilesConnector::IsStatic(const v1::SourceBinding& binding) const { return !ReadOptions(binding).follow; }

std::string FilesConnector::Identity(const v1::SourceBinding& binding) const {
  return StrCat("files:", ReadOptions(binding).path);
}

absl::StatusOr<v1::SourceExtent> FilesConnector::Resolve(const v1::PhysicalSource& source,
                                                         const ResolveContext& context) const {
  FilesSource::Options options = ReadOptions(source.binding());
  ASSIGN_OR_RETURN(std::unique_ptr<BlockBuilder> builder, BlockBuilder::Make(source, true));
  std::unique_ptr<Framer> framer = builder->MakeFramer();
  absl::StatusOr<FileListing> found = ListFiles(context.files_root, options.path);
  if (CodeOf(found.status()) == ErrorCode::kFileUnreadable && options.follow) {
    // Waited for, as it is while the pipeline runs.
    return MakeError(ErrorCode::kSourceUnreachable, StdView(found.status().message()));
  }
  ASSIGN_OR_RETURN(FileListing listing, std::move(found));
  if (!listing.not_text.empty() && !options.follow) {
    return MakeError(ErrorCode::kInvalidOption,
                     StrCat("table ", source.table(), ": the name of the file ", listing.not_text,
                            " is not UTF-8; rename the file, or leave it out of path"));
  }
  const std::vector<FileEntry>& files = listing.files;
  if (files.empty() && !options.follow) {
    return MakeError(ErrorCode::kNotFound,
                     StrCat("table ", source.table(), ": there is no file ", options.path, " under files.root (",
                            context.files_root, "); put it there, or correct `path`, and start the pipeline again"));
  }
  ExtentOptions extents;
  extents.files_root = context.files_root;
  extents.follow = options.follow;
  extents.cuts = CutRulesOf(builder->settings(), framer.get(), split_bytes_);
  extents.shard_count = context.shard_count;
  ASSIGN_OR_RETURN(v1::SourceExtent extent, MakeExtents(files, extents));
  extent.set_source(source.source());
  return extent;
}

absl::StatusOr<std::unique_ptr<ConnectorSource>> FilesConnector::Open(const v1::PhysicalSource& source,
                                                                      const v1::SourceExtent& extent,
                                                                      const SourceContext& context) const {
  ASSIGN_OR_RETURN(std::unique_ptr<BlockBuilder> builder, BlockBuilder::Make(source, true));
  FilesSource::Options options = ReadOptions(source.binding());
  options.split_bytes = split_bytes_;
  std::vector<uint32_t> shards = AssignPartitions(extent, context.shard_count);
  std::vector<FilePart> parts;
  std::vector<std::pair<std::string, FileIdentity>> known;
  for (int i = 0; i < extent.partitions_size(); ++i) {
    ASSIGN_OR_RETURN(FilePart part, MakePart(extent.partitions(i)));
    known.emplace_back(part.name, part.identity);
    if (shards[static_cast<size_t>(i)] == context.shard.value()) parts.push_back(std::move(part));
  }
  return std::make_unique<FilesSource>(source, context, std::move(options), std::move(builder), std::move(parts),
                                       known);
}

}  // namespace freshet
