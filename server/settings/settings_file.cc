#include <fstream>
#include <set>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "server/settings/settings.h"
#include "yaml-cpp/yaml.h"

namespace freshet {
namespace {

constexpr size_t kMaxFileBytes = 1 << 20;

class FileReader {
 public:
  FileReader(const std::string& path, Settings* settings) : path_(path), settings_(settings) {}

  // Flattens nested maps: `http: {address: x}` is `http.address: x`.
  absl::Status Read(const YAML::Node& node, const std::string& prefix) {
    if (node.IsNull() && prefix.empty()) return absl::OkStatus();  // an empty file
    if (node.IsScalar()) return Set(prefix, node);
    if (!node.IsMap()) return Refuse(node, prefix.empty() ? "the file is not a mapping" : prefix + " is not a value");
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) return Refuse(entry.first, "a name is not a text");
      const std::string& key = entry.first.Scalar();
      RETURN_IF_ERROR(Read(entry.second, prefix.empty() ? key : prefix + "." + key));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Set(const std::string& name, const YAML::Node& node) {
    if (!seen_.insert(name).second) return Refuse(node, "setting " + name + " stands twice");
    absl::Status status = SetSetting(name, node.Scalar(), settings_);
    return status.ok() ? status : Refuse(node, StdView(status.message()));
  }

  absl::Status Refuse(const YAML::Node& node, std::string_view reason) const {
    return MakeError(ErrorCode::kInvalidSetting, fmt::format("{}:{}: {}", path_, node.Mark().line + 1, reason));
  }

  const std::string& path_;
  Settings* settings_;
  std::set<std::string> seen_;
};

}  // namespace

absl::Status ReadSettingsFile(const std::string& path, Settings* settings) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || !file.is_open()) {
    return MakeError(ErrorCode::kInvalidSetting, fmt::format("cannot read the configuration file '{}'", path));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kMaxFileBytes) {
    return MakeError(ErrorCode::kInvalidSetting, fmt::format("{} is above 1 MiB: not a configuration file", path));
  }
  try {  // yaml-cpp throws
    return FileReader(path, settings).Read(YAML::Load(text), "");
  } catch (const YAML::Exception& error) {
    return MakeError(ErrorCode::kInvalidSetting,
                     fmt::format("{}:{}: not valid YAML: {}", path, error.mark.line + 1, error.msg));
  }
}

}  // namespace freshet
