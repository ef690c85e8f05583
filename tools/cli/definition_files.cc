#include "tools/cli/definition_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>

#include <yaml-cpp/yaml.h>

#include "engine/base/str_cat.h"
#include "engine/base/utf8.h"
#include "server/errors/error_list.h"
#include "tools/cli/exit_code.h"

namespace freshet {
namespace {

// No definition is larger; what the server takes of it is less.
constexpr size_t kReadBytesMax = 8 << 20;

absl::StatusOr<std::string> ReadText(std::istream& stream, const std::string& name) {
  std::string text(kReadBytesMax + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(stream.gcount()));
  if (text.size() <= kReadBytesMax) return text;
  return WrongUseError(StrCat(name, " is larger than ", kReadBytesMax >> 20, " MiB, so it is no definition"));
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  if (path == "-") return ReadText(std::cin, "standard input");
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return WrongUseError(StrCat(path, " is a folder, not a definition"));
  std::ifstream file(path, std::ios::binary);
  if (!file) return WrongUseError(StrCat("cannot read ", path, ": ", std::strerror(errno)));
  return ReadText(file, path);
}

// gRPC carries texts as UTF-8 only, so this is said here and not by the server.
absl::Status CheckIsText(const std::string& text, const std::string& name) {
  size_t valid = ValidUtf8Prefix(text);
  if (valid == text.size()) return absl::OkStatus();
  std::string_view before = std::string_view(text).substr(0, valid);
  size_t line_start = before.rfind('\n') + 1;  // 0 where there is none
  v1::Problems problems;
  v1::Problem& problem = *problems.add_problems();
  problem.set_severity(v1::Problem::ERROR);
  problem.set_code(std::string(InfoOf(ErrorCode::kInvalidUtf8).name));
  problem.set_file(name);
  problem.set_line(static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n')) + 1);
  problem.set_column(static_cast<uint32_t>(std::count_if(before.begin() + static_cast<ptrdiff_t>(line_start),
                                                         before.end(), [](char c) { return (c & 0xC0) != 0x80; })) +
                     1);
  problem.set_message("the text has a byte that is not valid UTF-8");
  problem.set_suggestion("write the definition as UTF-8 text");
  return ServerError("INVALID_DEFINITION", "the definition has problems", absl::StatusCode::kInvalidArgument, problems);
}

std::string ScalarOf(const YAML::Node& node, const char* key) {
  if (!node.IsMap() || !node[key] || !node[key].IsScalar()) return "";
  return node[key].Scalar();
}

// By the connectors' defaults: files end, Kafka goes on. Rows that are pushed never end.
bool Follows(const std::string& connector, const std::string& mode) {
  if (connector == "http") return true;
  return mode.empty() ? connector == "kafka" : mode == "follow";
}

class Outliner {
 public:
  void AddScript(const std::string& text) {
    // Only the server reads SQL; a look at the options is enough here.
    static const std::regex comment("--[^\n]*"), name("^\\s*set\\s+name\\s*(?:=|to)\\s*'([^']*)'", std::regex::icase),
        bound("^\\s*set\\s+load_epoch_max_", std::regex::icase),
        table("^\\s*create\\s+table\\s+(\"[^\"]*\"|\\w+)", std::regex::icase),
        connector("\\bconnector['\"]?\\s*=\\s*'([^']*)'", std::regex::icase),
        mode("\\bmode['\"]?\\s*=\\s*'([^']*)'", std::regex::icase);
    std::stringstream statements(std::regex_replace(text, comment, ""));
    for (std::string statement; std::getline(statements, statement, ';');) {
      std::smatch found;
      if (std::regex_search(statement, found, name)) outline_.name = found[1];
      if (std::regex_search(statement, bound)) outline_.bounds_load_epochs = true;
      if (!std::regex_search(statement, found, table)) continue;
      SourceKinds& kinds = tables_[found[1]] = {};
      std::smatch option;
      if (!std::regex_search(statement, option, connector)) continue;
      std::string connector_name = option[1];
      kinds.Add(connector_name, std::regex_search(statement, option, mode) ? std::string(option[1]) : "");
    }
  }

  void Add(const std::string& text) {
    try {
      AddNode(YAML::Load(text));
    } catch (const YAML::Exception&) {  // the server says what is wrong with it, and where
    }
  }

  void Add(const v1::Plan& plan) {
    outline_.bounds_load_epochs = plan.options().load_epoch_max_rows() + plan.options().load_epoch_max_bytes() > 0;
    for (const v1::Table& table : plan.tables()) {
      SourceKinds& kinds = tables_[table.name()] = {};
      for (const v1::SourceBinding& source : table.sources()) {
        auto mode = source.options().find("mode");
        kinds.Add(source.connector(), mode == source.options().end() ? "" : mode->second);
      }
    }
  }

  DefinitionOutline Take() {
    outline_.ends = !tables_.empty();
    for (const auto& [table, kinds] : tables_) {
      if (kinds.follows) outline_.follows.push_back(table);
      outline_.ends = outline_.ends && kinds.any && !kinds.follows;
    }
    return std::move(outline_);
  }

 private:
  struct SourceKinds {
    bool any = false;
    bool follows = false;
    void Add(const std::string& connector, const std::string& mode) {
      any = true;
      follows = follows || Follows(connector, mode);
    }
  };

  void AddNode(const YAML::Node& root) {
    if (!root.IsMap()) return;
    if (std::string name = ScalarOf(root, "name"); !name.empty()) outline_.name = name;
    YAML::Node options = root["options"];
    if (options && options.IsMap() && (options["load_epoch_max_rows"] || options["load_epoch_max_bytes"])) {
      outline_.bounds_load_epochs = true;
    }
    YAML::Node tables = root["tables"];
    if (!tables || !tables.IsMap()) return;
    for (const auto& table : tables) {
      if (!table.first.IsScalar() || !table.second.IsMap()) continue;
      SourceKinds& kinds = tables_[table.first.Scalar()];
      YAML::Node sources = table.second["sources"];
      if (!sources || !sources.IsSequence()) continue;
      kinds = {};  // a later file replaces the sources
      for (const auto& source : sources) kinds.Add(ScalarOf(source, "connector"), ScalarOf(source, "mode"));
    }
  }

  DefinitionOutline outline_;
  std::map<std::string, SourceKinds> tables_;
};

}  // namespace

absl::StatusOr<v1::Definition> ReadDefinitionFiles(const std::vector<std::string>& paths) {
  v1::Definition definition;
  for (const std::string& path : paths) {
    absl::StatusOr<std::string> text = ReadFile(path);
    if (!text.ok()) return text.status();
    std::string name = path == "-" ? "stdin" : path;
    if (absl::Status status = CheckIsText(*text, name); !status.ok()) return status;
    v1::DefinitionFile& file = *definition.add_files();
    file.set_name(std::move(name));
    file.set_text(*std::move(text));
  }
  return definition;
}

DefinitionOutline OutlineOf(const v1::Definition& definition) {
  Outliner outliner;
  if (definition.has_plan()) outliner.Add(definition.plan());
  for (const v1::DefinitionFile& file : definition.files()) {
    const std::filesystem::path extension = std::filesystem::path(file.name()).extension();
    if (extension != ".sql") outliner.Add(file.text());
    // Standard input tells nothing: a text that is no script has no statement that the outliner knows.
    if (extension == ".sql" || extension.empty()) outliner.AddScript(file.text());
  }
  DefinitionOutline outline = outliner.Take();
  if (outline.name.empty() && definition.files_size() > 0) {
    outline.name = std::filesystem::path(definition.files(0).name()).stem().string();
  }
  return outline;
}

}  // namespace freshet
