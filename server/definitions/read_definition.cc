#include "server/definitions/read_definition.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/str_cat.h"
#include "engine/base/utf8.h"
#include "server/definitions/document.h"
#include "server/definitions/field_reader.h"
#include "server/definitions/json_document.h"
#include "server/definitions/read_node.h"
#include "server/definitions/read_table.h"
#include "server/definitions/yaml_document.h"

namespace freshet {
namespace {

// Bytes as `1073741824`, `512MiB` or `2GB`.
std::optional<uint64_t> ParseByteSize(std::string_view text) {
  static constexpr std::pair<std::string_view, uint64_t> kUnits[] = {{"kib", 1ull << 10},
                                                                     {"mib", 1ull << 20},
                                                                     {"gib", 1ull << 30},
                                                                     {"tib", 1ull << 40},
                                                                     {"kb", 1000},
                                                                     {"mb", 1000'000},
                                                                     {"gb", 1000'000'000},
                                                                     {"tb", 1000'000'000'000},
                                                                     {"b", 1}};
  std::string lower = absl::AsciiStrToLower(std::string(text));
  uint64_t unit = 1;
  for (const auto& [suffix, size] : kUnits) {
    if (!std::string_view(lower).ends_with(suffix)) continue;
    unit = size;
    lower.resize(lower.size() - suffix.size());
    break;
  }
  uint64_t number = 0;
  if (!absl::SimpleAtoi(lower, &number) || number > (1ull << 50) / unit) return std::nullopt;
  return number * unit;
}

void ReadOptions(const DocumentNode& node, const std::string& path, v1::Options& out, ProblemList& problems) {
  FieldReader fields(node, path, problems);
  constexpr uint64_t kRows = 1ull << 40;
  constexpr uint64_t kBytes = 1ull << 50;
  out.set_shards(static_cast<uint32_t>(fields.Unsigned("shards", 1024)));
  // In a plan of proto 0 is what is not said; written out it is a mistake.
  if (const DocumentNode* shards = fields.Find("shards"); shards != nullptr && shards->text == "0") {
    problems.Add({.code = ErrorCode::kInvalidOption,
                  .path = fields.PathOf("shards"),
                  .message = "a pipeline has at least one shard",
                  .suggestion = "shards: 1, or leave it out"});
  }
  out.set_memory_bytes(fields.Unsigned("memory_bytes", kBytes));
  if (fields.Find("memory") != nullptr) {
    std::string text = fields.Text("memory");
    if (auto bytes = ParseByteSize(text)) {
      out.set_memory_bytes(*bytes);
    } else {
      problems.Add({.code = ErrorCode::kInvalidOption,
                    .path = fields.PathOf("memory"),
                    .message = StrCat("`", text, "` is no size"),
                    .suggestion = "write it as 512MiB or 2GiB"});
    }
  }
  out.set_epoch_max_rows(fields.Unsigned("epoch_max_rows", kRows));
  out.set_epoch_max_bytes(fields.Unsigned("epoch_max_bytes", kBytes));
  out.set_epoch_max_age_ms(static_cast<uint32_t>(fields.Unsigned("epoch_max_age_ms", 3'600'000)));
  out.set_load_epoch_max_rows(fields.Unsigned("load_epoch_max_rows", kRows));
  out.set_load_epoch_max_bytes(fields.Unsigned("load_epoch_max_bytes", kBytes));
  fields.Finish();
}

void ReadView(const std::string& name, const DocumentNode& node, const std::string& path, v1::View& out,
              ProblemList& problems) {
  FieldReader fields(node, path, problems);
  out.set_name(name);
  out.set_materialized(fields.Boolean("materialized"));
  for (const std::string& column : fields.Names("key")) out.add_key(column);
  ReadNodeOf(fields, node, *out.mutable_node(), problems);
}

void ReadIndex(const std::string& name, const DocumentNode& node, const std::string& path, v1::Index& out,
               ProblemList& problems) {
  FieldReader fields(node, path, problems);
  out.set_name(name);
  out.set_on(fields.Text("on"));
  for (const std::string& column : fields.Names("columns")) out.add_columns(column);
  fields.Finish();
}

// `comments: {orders: text, orders.id: text}`.
void ReadComments(const DocumentNode& node, v1::Plan& plan, ProblemList& problems) {
  FieldReader fields(node, "comments", problems);
  for (const DocumentEntry& entry : node.entries) {
    v1::Comment& comment = *plan.add_comments();
    const size_t dot = entry.key.find('.');
    comment.set_on(entry.key.substr(0, dot));
    if (dot != std::string::npos) comment.set_column(entry.key.substr(dot + 1));
    comment.set_text(fields.Text(entry.key));
  }
  fields.Finish();
}

void ReadSink(const std::string& name, const DocumentNode& node, const std::string& path, v1::Sink& out,
              ProblemList& problems) {
  FieldReader fields(node, path, problems);
  out.set_name(name);
  out.set_from(fields.Text("from"));
  out.set_connector(fields.Text("connector"));
  // Columns may stand as a list, as in tables and views.
  for (const char* option : {"key", "partition_by"}) {
    const DocumentNode* given = fields.Find(option);
    if (given == nullptr) continue;
    if (given->kind == DocumentKind::kScalar) {
      (*out.mutable_options())[option] = given->text;
      continue;
    }
    std::string names;
    for (const std::string& column : fields.Names(option)) StrAppend(&names, names.empty() ? "" : ",", column);
    (*out.mutable_options())[option] = names;
  }
  fields.TakeOptions(*out.mutable_options());
}

// What a file says: a plan, and `only`, the one view that is to be kept.
struct FilePlan {
  v1::Plan plan;
  std::string only;
};

FilePlan ReadPlan(const DocumentNode& root, ProblemList& problems) {
  FilePlan file;
  v1::Plan& plan = file.plan;
  if (root.kind == DocumentKind::kNull) {
    problems.Add({.path = "", .message = "the definition is empty", .suggestion = "declare `tables:` and `views:`"});
    return file;
  }
  FieldReader fields(root, "", problems);
  file.only = fields.Text("only");
  plan.set_name(fields.Text("name"));
  if (const DocumentNode* options = fields.Find("options")) {
    ReadOptions(*options, "options", *plan.mutable_options(), problems);
  }
  fields.Entries("tables", [&](const std::string& name, const DocumentNode& node, const std::string& path) {
    ReadTable(name, node, path, *plan.add_tables(), problems);
  });
  fields.Entries("views", [&](const std::string& name, const DocumentNode& node, const std::string& path) {
    ReadView(name, node, path, *plan.add_views(), problems);
  });
  fields.Entries("sinks", [&](const std::string& name, const DocumentNode& node, const std::string& path) {
    ReadSink(name, node, path, *plan.add_sinks(), problems);
  });
  fields.Entries("indexes", [&](const std::string& name, const DocumentNode& node, const std::string& path) {
    ReadIndex(name, node, path, *plan.add_indexes(), problems);
  });
  if (const DocumentNode* comments = fields.Find("comments")) ReadComments(*comments, plan, problems);
  fields.Finish();
  return file;
}

// What an overlay may say about a table that is there already: nothing but its sources.
bool HasOnlySources(const v1::Table& table) {
  v1::Table rest = table;
  rest.clear_name();
  rest.clear_sources();
  return rest.ByteSizeLong() == 0;
}

class Merger {
 public:
  Merger(Places& places, ProblemList& problems) : places_(places), problems_(problems) {}

  void Add(FilePlan overlaid, size_t file, const DocumentNode& root) {
    v1::Plan& overlay = overlaid.plan;
    if (!overlaid.only.empty()) only_ = std::move(overlaid.only);
    if (!overlay.name().empty()) {
      places_.Erase("name");
      plan_.set_name(overlay.name());
    }
    plan_.mutable_options()->MergeFrom(overlay.options());
    for (v1::Table& table : *overlay.mutable_tables()) AddTable(std::move(table), file, root);
    for (v1::View& view : *overlay.mutable_views()) {
      if (Refuse(plan_.views(), view.name(), "view", "views", file, root)) continue;
      *plan_.add_views() = std::move(view);
    }
    for (v1::Index& index : *overlay.mutable_indexes()) {
      if (Refuse(plan_.indexes(), index.name(), "index", "indexes", file, root)) continue;
      *plan_.add_indexes() = std::move(index);
    }
    for (v1::Comment& comment : *overlay.mutable_comments()) *plan_.add_comments() = std::move(comment);
    for (v1::Sink& sink : *overlay.mutable_sinks()) {
      places_.Erase(JoinPath("sinks", sink.name()));
      auto it = std::find_if(plan_.mutable_sinks()->begin(), plan_.mutable_sinks()->end(),
                             [&](const v1::Sink& known) { return known.name() == sink.name(); });
      if (it == plan_.mutable_sinks()->end()) {
        *plan_.add_sinks() = std::move(sink);
      } else {
        *it = std::move(sink);
      }
    }
    places_.AddDocument(file, root, "");
  }

  const v1::Plan& plan() const { return plan_; }
  v1::Plan Take() {
    if (!only_.empty()) KeepOnly();
    return std::move(plan_);
  }

 private:
  // All views but one become names for queries, and nothing leaves the pipeline.
  void KeepOnly() {
    bool known = false;
    for (v1::View& view : *plan_.mutable_views()) {
      const bool kept = view.name() == only_;
      known = known || kept;
      view.set_materialized(kept);
      if (!kept) view.clear_key();
    }
    for (v1::Table& table : *plan_.mutable_tables()) table.set_materialized(false);
    plan_.clear_sinks();
    if (known || problems_.has_errors()) return;
    problems_.Add({.code = ErrorCode::kUnknownRelation, .path = "only", .message = StrCat("there is no view ", only_)});
  }

  void AddTable(v1::Table table, size_t file, const DocumentNode& root) {
    auto it = std::find_if(plan_.mutable_tables()->begin(), plan_.mutable_tables()->end(),
                           [&](const v1::Table& known) { return known.name() == table.name(); });
    if (it == plan_.mutable_tables()->end()) {
      *plan_.add_tables() = std::move(table);
      return;
    }
    if (!HasOnlySources(table)) {
      Refuse(plan_.tables(), table.name(), "table", "tables", file, root);
      return;
    }
    places_.Erase(JoinPath(JoinPath("tables", table.name()), "sources"));
    it->mutable_sources()->Swap(table.mutable_sources());
  }

  // Adds a problem at the overlay's place if `name` is known; the path alone would lead to the first declaration.
  template <typename List>
  bool Refuse(const List& known, const std::string& name, std::string_view what, std::string_view section, size_t file,
              const DocumentNode& root) {
    if (std::none_of(known.begin(), known.end(), [&](const auto& each) { return each.name() == name; })) return false;
    v1::Problem problem;
    problem.set_code(std::string(InfoOf(ErrorCode::kDuplicateName).name));
    problem.set_path(JoinPath(section, name));
    problem.set_message(StrCat("the ", what, " ", name, " is declared by an earlier file"));
    problem.set_suggestion("a later file may replace only `sources` of tables, and sinks");
    Mark mark = root.mark;
    for (const DocumentEntry& entry : root.entries) {
      if (entry.key != section) continue;
      for (const DocumentEntry& each : entry.value.entries) {
        if (each.key == name) mark = each.key_mark;
      }
    }
    places_.SetPlace(file, mark, problem);
    problems_.AddProblem(std::move(problem));
    return true;
  }

  Places& places_;
  ProblemList& problems_;
  v1::Plan plan_;
  std::string only_;
};

// Whether a text without a telling name, as standard input has none, begins with a statement.
bool BeginsAsScript(std::string_view text) {
  for (const absl::string_view line : absl::StrSplit(AbslView(text), '\n')) {
    const absl::string_view words = absl::StripAsciiWhitespace(line);
    const bool comment = absl::StartsWith(words, "--") && !absl::StartsWith(words, "---");
    if (words.empty() || comment) continue;
    return absl::StartsWithIgnoreCase(words, "create ") || absl::StartsWithIgnoreCase(words, "set ");
  }
  return false;
}

v1::DefinitionFile::Language LanguageOf(const v1::DefinitionFile& file) {
  if (file.language() != v1::DefinitionFile::LANGUAGE_UNSPECIFIED) return file.language();
  std::string name = absl::AsciiStrToLower(file.name());
  if (name.ends_with(".json")) return v1::DefinitionFile::JSON;
  if (name.ends_with(".sql")) return v1::DefinitionFile::SQL;
  const bool yaml = name.ends_with(".yaml") || name.ends_with(".yml");
  return !yaml && BeginsAsScript(file.text()) ? v1::DefinitionFile::SQL : v1::DefinitionFile::YAML;
}

Mark MarkAt(std::string_view text, size_t offset) {
  std::string_view before = text.substr(0, offset);
  size_t line_start = before.rfind('\n') + 1;  // 0 where there is none
  return {static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n')),
          static_cast<uint32_t>(offset - line_start), static_cast<uint32_t>(offset)};
}

class FileReader {
 public:
  FileReader(Places& places, ProblemList& problems) : places_(places), problems_(problems) {}

  // false: there is nothing that could be read. A script is taken as text alone.
  bool Read(const v1::DefinitionFile& file, const std::string& name, size_t* number, DocumentNode* root) {
    std::string text = file.text();
    if (text.size() > kMaxDefinitionBytes) {
      *number = places_.AddFile(name, "");
      return Fail(*number, {}, ErrorCode::kRequestTooLarge,
                  StrCat("the text has ", text.size(), " bytes; at most ", kMaxDefinitionBytes, " are taken"), "");
    }
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    // What does not read as text is told where it begins; only what stands before is shown.
    size_t valid = std::min(ValidUtf8Prefix(text), text.find('\0'));
    *number = places_.AddFile(name, text.substr(0, valid));
    if (valid < text.size()) {
      std::string what = text[valid] == '\0' ? "a NUL byte" : "a byte that is not valid UTF-8";
      return Fail(*number, MarkAt(text, valid), ErrorCode::kInvalidUtf8, StrCat("the text has ", what),
                  "write the definition as UTF-8 text");
    }
    DocumentResult result;
    switch (LanguageOf(file)) {
      case v1::DefinitionFile::JSON:
        result = ParseJson(text);
        break;
      case v1::DefinitionFile::SQL:
        return true;
      default:  // proto enums are open; LanguageOf gives no other
        result = ParseYaml(text);
    }
    bool readable = true;
    for (const DocumentError& error : result.errors) {
      readable = readable && error.duplicate_key;
      Fail(*number, error.mark, error.duplicate_key ? ErrorCode::kDuplicateKey : ErrorCode::kSyntaxError, error.message,
           error.suggestion);
    }
    *root = std::move(result.root);
    return readable;
  }

 private:
  bool Fail(size_t file, Mark mark, ErrorCode code, const std::string& message, const std::string& suggestion) {
    v1::Problem problem;
    problem.set_code(std::string(InfoOf(code).name));
    problem.set_message(message);
    problem.set_suggestion(suggestion);
    places_.SetPlace(file, mark, problem);
    problems_.AddProblem(std::move(problem));
    return false;
  }

  Places& places_;
  ProblemList& problems_;
};

// The views of a script stand in its document by name alone.
void NameViews(const ScriptResult& script, const std::string& text, DocumentNode& root) {
  DocumentEntry views;
  views.key = "views";
  views.value.kind = DocumentKind::kMapping;
  for (const ScriptView& each : script.views) {
    DocumentEntry view;
    view.key = each.view.name();
    view.key_mark = view.value.mark = MarkAt(text, each.offset);
    view.value.kind = DocumentKind::kMapping;
    views.value.entries.push_back(std::move(view));
  }
  root.entries.push_back(std::move(views));
}

void AddScript(const std::string& name, size_t file, ScriptResult script, Merger& merger, Places& places,
               ProblemList& problems) {
  FilePlan plan = ReadPlan(script.document, script.problems);
  for (const ScriptView& each : script.views) *plan.plan.add_views() = each.view;
  NameViews(script, places.TextOf(file), script.document);
  auto note_views = [&](Places& out, size_t number, const v1::Plan& earlier) {
    for (const ScriptView& each : script.views) {
      bool refused = std::any_of(earlier.views().begin(), earlier.views().end(),
                                 [&](const v1::View& known) { return known.name() == each.view.name(); });
      if (!refused) out.SetInScript(JoinPath("views", each.view.name()), number, each.offset);
    }
  };
  Places own;
  size_t own_file = own.AddFile(name, places.TextOf(file));
  own.AddDocument(own_file, script.document, "");
  own.SetInScript("", own_file, 0);
  note_views(own, own_file, {});
  for (v1::Problem& problem : own.Locate(script.problems)) problems.AddProblem(std::move(problem));
  const v1::Plan earlier = merger.plan();
  merger.Add(std::move(plan), file, script.document);
  note_views(places, file, earlier);
}

}  // namespace

v1::Plan ReadDefinition(const v1::Definition& definition, const ScriptReader& scripts, Places& places,
                        ProblemList& problems) {
  if (definition.files().empty()) {
    if (!definition.has_plan()) {
      problems.Add({.path = "", .message = "the definition is empty: give files or a plan"});
    }
    return definition.plan();
  }
  if (definition.has_plan()) {
    problems.Add({.path = "", .message = "the definition has files and a plan: give one of them"});
    return definition.plan();
  }
  FileReader reader(places, problems);
  Merger merger(places, problems);
  for (int i = 0; i < definition.files_size(); ++i) {
    const v1::DefinitionFile& file = definition.files(i);
    std::string name = file.name().empty() ? StrCat("definition ", i + 1) : file.name();
    size_t number = 0;
    DocumentNode root;
    if (!reader.Read(file, name, &number, &root)) continue;
    if (LanguageOf(file) == v1::DefinitionFile::SQL) {
      AddScript(name, number, scripts.Read(places.TextOf(number), merger.plan()), merger, places, problems);
      continue;
    }
    // Problems of one file are located before the next is merged, since an overlay moves paths.
    ProblemList found;
    FilePlan plan = ReadPlan(root, found);
    Places own;
    own.AddDocument(own.AddFile(name, places.TextOf(number)), root, "");
    for (v1::Problem& problem : own.Locate(found)) problems.AddProblem(std::move(problem));
    merger.Add(std::move(plan), number, root);
  }
  return merger.Take();
}

}  // namespace freshet
