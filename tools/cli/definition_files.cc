#include "tools/cli/definition_files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

#include <yaml-cpp/yaml.h>

#include "engine/base/str_cat.h"
#include "tools/cli/exit_code.h"

namespace freshet {
namespace {

absl::StatusOr<std::string> ReadText(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return WrongUseError(StrCat(path, " is a folder, not a definition"));
  std::ifstream file(path, std::ios::binary);
  if (!file) return WrongUseError(StrCat("cannot read ", path, ": ", std::strerror(errno)));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string ScalarOf(const YAML::Node& node, const char* key) {
  if (!node.IsMap() || !node[key] || !node[key].IsScalar()) return "";
  return node[key].Scalar();
}

// By the connectors' defaults: files end, Kafka goes on.
bool Follows(const YAML::Node& source) {
  std::string mode = ScalarOf(source, "mode");
  return mode.empty() ? ScalarOf(source, "connector") == "kafka" : mode == "follow";
}

class Outliner {
 public:
  void Add(const std::string& text) {
    try {
      AddNode(YAML::Load(text));
    } catch (const YAML::Exception&) {  // the server says what is wrong with it, and where
    }
  }

  DefinitionOutline Take() {
    for (const auto& [table, follows] : follows_) {
      if (follows) outline_.follows.push_back(table);
    }
    return std::move(outline_);
  }

 private:
  void AddNode(const YAML::Node& root) {
    if (!root.IsMap()) return;
    if (std::string name = ScalarOf(root, "name"); !name.empty()) outline_.name = name;
    YAML::Node tables = root["tables"];
    if (!tables || !tables.IsMap()) return;
    for (const auto& table : tables) {
      if (!table.first.IsScalar() || !table.second.IsMap()) continue;
      YAML::Node sources = table.second["sources"];
      if (!sources || !sources.IsSequence()) continue;
      bool follows = false;
      for (const auto& source : sources) follows |= Follows(source);
      follows_[table.first.Scalar()] = follows;  // a later file replaces the sources
    }
  }

  DefinitionOutline outline_;
  std::map<std::string, bool> follows_;
};

}  // namespace

absl::StatusOr<v1::Definition> ReadDefinitionFiles(const std::vector<std::string>& paths) {
  v1::Definition definition;
  for (const std::string& path : paths) {
    absl::StatusOr<std::string> text = ReadText(path);
    if (!text.ok()) return text.status();
    v1::DefinitionFile& file = *definition.add_files();
    file.set_name(path == "-" ? "stdin" : path);
    file.set_text(*std::move(text));
  }
  return definition;
}

DefinitionOutline OutlineOf(const v1::Definition& definition) {
  Outliner outliner;
  for (const v1::DefinitionFile& file : definition.files()) outliner.Add(file.text());
  DefinitionOutline outline = outliner.Take();
  if (outline.name.empty() && definition.files_size() > 0) {
    outline.name = std::filesystem::path(definition.files(0).name()).stem().string();
  }
  return outline;
}

}  // namespace freshet
