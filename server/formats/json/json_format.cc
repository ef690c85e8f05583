#include "server/formats/json/json_format.h"

#include "engine/base/str_cat.h"
#include "server/formats/json/json_decoder.h"
#include "server/formats/json/path_tree.h"

namespace freshet {
namespace {

class JsonFormatImpl final : public Format {
 public:
  std::string_view name() const override { return "json"; }
  std::string_view doc() const override { return "one JSON object per line or message (RFC 8259)"; }
  std::span<const OptionDeclaration> options() const override { return {}; }
  bool splits_at_newlines() const override { return true; }

  void Validate(const v1::Table& table, Envelope, Problems& problems) const override {
    for (int i = 0; i < table.columns_size(); ++i) {
      if (table.columns(i).from_case() != v1::Column::kPath) continue;
      auto segments = SplitJsonPointer(table.columns(i).path());
      if (segments.ok()) continue;
      AddProblem(problems, ErrorCode::kInvalidOption, StrCat("/columns/", i, ".path"),
                 StdView(segments.status().message()), "for example /address/city or /tags/0");
    }
  }

  std::unique_ptr<Framer> MakeFramer(const DecoderSpec&) const override { return MakeLineFramer(false); }
  absl::StatusOr<std::unique_ptr<RecordDecoder>> MakeDecoder(DecoderSpec spec) const override {
    return MakeJsonDecoder(std::move(spec));
  }
  absl::StatusOr<std::unique_ptr<RecordDecoder>> MakeKeyDecoder(DecoderSpec spec) const override {
    return MakeJsonKeyDecoder(std::move(spec));
  }
};

}  // namespace

const Format& JsonFormat() {
  static const JsonFormatImpl format;
  return format;
}

}  // namespace freshet
