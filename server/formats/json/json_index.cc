// Why not simdjson's on-demand documents: they check only what is looked at, so that whether a record is broken would
// depend on the columns that are wanted. The first stage is the fast part, and a walk over its index checks every
// record alike. Its interface is simdjson's own between its parts; the build finds version 3.
#include "server/formats/json/json_index.h"

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "simdjson.h"

namespace freshet {
namespace {

static_assert(kRecordPadding >= simdjson::SIMDJSON_PADDING);

// The index takes 4 bytes for each byte of the largest record; past this it is given back after the record.
constexpr size_t kKeptCapacity = 256 << 10;
constexpr size_t kDepth = 16;  // stage 1 has no use for it

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

Rejection RejectionOf(simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return {ErrorCode::kInvalidUtf8, "the record is not valid UTF-8"};
    case simdjson::UNCLOSED_STRING:
      return {ErrorCode::kMalformedRecord, "a string is not closed"};
    case simdjson::UNESCAPED_CHARS:
      return {ErrorCode::kMalformedRecord, "a string holds a control character that is not escaped"};
    case simdjson::EMPTY:
      return {ErrorCode::kMalformedRecord, "the record is empty"};
    default:  // a list of the library's, which may grow
      return {ErrorCode::kMalformedRecord, StrCat("not JSON: ", simdjson::error_message(error))};
  }
}

}  // namespace

class JsonIndex::Stage {
 public:
  simdjson::error_code Run(std::string_view text) {
    size_t wanted = std::max(text.size() + 1, kKeptCapacity);
    bool keep = implementation_ != nullptr && implementation_->capacity() >= text.size() + 1 &&
                (implementation_->capacity() <= kKeptCapacity || text.size() > kKeptCapacity);
    if (!keep) {
      implementation_.reset();
      simdjson::error_code error =
          simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, kDepth, implementation_);
      if (error != simdjson::SUCCESS) return error;
    }
    return implementation_->stage1(reinterpret_cast<const uint8_t*>(text.data()), text.size(),
                                   simdjson::stage1_mode::regular);
  }

  const simdjson::internal::dom_parser_implementation& result() const { return *implementation_; }

 private:
  std::unique_ptr<simdjson::internal::dom_parser_implementation> implementation_;
};

JsonIndex::JsonIndex() : stage_(std::make_unique<Stage>()) {}
JsonIndex::~JsonIndex() = default;

std::optional<Rejection> JsonIndex::Build(std::string_view text) {
  text_ = text;
  size_ = 0;
  scratch_used_ = 0;
  if (text.empty()) return RejectionOf(simdjson::EMPTY);
  if (simdjson::error_code error = stage_->Run(text); error != simdjson::SUCCESS) return RejectionOf(error);
  positions_ = stage_->result().structural_indexes.get();
  size_ = stage_->result().n_structural_indexes;
  return std::nullopt;
}

std::string_view JsonIndex::TokenText(uint32_t token) const {
  size_t begin = positions_[token];
  size_t end = token + 1 < size_ ? positions_[token + 1] : text_.size();
  while (end > begin && IsBlank(text_[end - 1])) --end;
  return text_.substr(begin, end - begin);
}

std::optional<std::string_view> JsonIndex::StringAt(uint32_t token) {
  std::string_view quoted = TokenText(token);
  CHECK(quoted.size() >= 2 && quoted.back() == '"') << "stage 1 closes every string";
  std::string_view content = quoted.substr(1, quoted.size() - 2);
  if (content.find('\\') == std::string_view::npos) return content;
  // Never grows within one record, as views of it are out: what is unescaped is no longer than the record.
  if (scratch_.size() < text_.size() + 2 * kRecordPadding) scratch_.resize(text_.size() + 2 * kRecordPadding);
  auto* out = reinterpret_cast<uint8_t*>(scratch_.data() + scratch_used_);
  const uint8_t* end = stage_->result().parse_string(reinterpret_cast<const uint8_t*>(content.data()), out);
  if (end == nullptr) return std::nullopt;
  scratch_used_ = static_cast<size_t>(reinterpret_cast<const char*>(end) - scratch_.data());
  return std::string_view(reinterpret_cast<const char*>(out), static_cast<size_t>(end - out));
}

}  // namespace freshet
