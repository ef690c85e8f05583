#include "server/http/api/change_encoding.h"

#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/str_cat.h"
#include "engine/columnar/row_codec.h"
#include "server/errors/error_list.h"
#include "server/http/api/problem.h"

namespace freshet {
namespace {

void AppendErrors(const Schema& schema, const DeltaBatch& batch, uint32_t row, std::string* out) {
  std::string errors;
  if (AppendRowErrors(schema, batch, row, &errors)) StrAppend(out, ",\"errors\":{", errors, "}");
}

void AppendWeighted(const ChangePart& part, const RowJsonOptions& options, std::string* out) {
  bool first = true;
  for (const DeltaBatch& batch : part.rows) {
    for (uint32_t row = 0; row < batch.size(); ++row) {
      StrAppend(out, std::exchange(first, false) ? "" : ",", "{\"weight\":", batch.WeightAt(row), ",\"row\":");
      AppendRowJson(part.schema, batch, row, options, out);
      AppendErrors(part.schema, batch, row, out);
      out->push_back('}');
    }
  }
}

// The last state of each key in the part: its row, or that it is gone.
void AppendUpserts(const ChangePart& part, const RowJsonOptions& options, std::string* out) {
  struct State {
    const DeltaBatch* batch;
    uint32_t row;
    bool comes;
  };
  std::vector<State> states;
  std::unordered_map<std::string, size_t> of_key;
  std::string key;
  for (const DeltaBatch& batch : part.rows) {
    for (uint32_t row = 0; row < batch.size(); ++row) {
      key.clear();
      EncodeRow(batch, part.key, row, &key);
      State state{&batch, row, batch.WeightAt(row) > 0};
      auto [found, is_new] = of_key.emplace(key, states.size());
      if (is_new) {
        states.push_back(state);
      } else if (state.comes) {
        states[found->second] = state;
      }
    }
  }
  Schema key_schema;
  for (ColumnIndex column : part.key) key_schema.push_back(part.schema[column.value()]);
  bool first = true;
  for (const State& state : states) {
    std::vector<Column> cells;
    for (ColumnIndex column : part.key) cells.push_back(state.batch->column(column));
    DeltaBatch keys(state.batch->size(), std::move(cells));
    StrAppend(out, std::exchange(first, false) ? "" : ",", "{\"key\":");
    AppendRowJson(key_schema, keys, state.row, options, out);
    out->append(",\"row\":");
    if (state.comes) {
      AppendRowJson(part.schema, *state.batch, state.row, options, out);
      AppendErrors(part.schema, *state.batch, state.row, out);
    } else {
      out->append("null");
      AppendErrors(key_schema, keys, state.row, out);
    }
    out->push_back('}');
  }
}

// Of errors that no waiting mends: what the reader has must be thrown away and read anew.
bool MustRefetch(ErrorCode code) { return code == ErrorCode::kEpochGone || code == ErrorCode::kPipelineReplaced; }

class JsonChanges : public ChangeEncoder {
 public:
  JsonChanges(ChangesFormat format, ChangesEnvelope envelope, const RowJsonOptions& options)
      : format_(format),
        envelope_(envelope),
        options_(options),
        name_(StrCat(format == ChangesFormat::kSse ? "sse" : "ndjson",
                     envelope == ChangesEnvelope::kUpsert ? "/upsert" : "/changes",
                     options.int64_as_string ? "/int64" : "")) {}

  std::string_view name() const override { return name_; }

  std::string Part(const ChangePart& part, std::string_view token) const override {
    std::string body = StrCat("\"epoch\":", part.epoch);
    if (part.snapshot) body.append(",\"snapshot\":true");
    if (part.partial) body.append(",\"partial\":true");
    body.append(",\"changes\":[");
    envelope_ == ChangesEnvelope::kUpsert ? AppendUpserts(part, options_, &body)
                                          : AppendWeighted(part, options_, &body);
    body.push_back(']');
    return Frame("", token, body);
  }

  std::string Progress(uint64_t epoch, std::string_view token) const override {
    std::string mark = StrCat("\"epoch\":", epoch);
    return Frame("progress", token, format_ == ChangesFormat::kSse ? mark : StrCat("\"progress\":{", mark, "}"));
  }

  std::string Waiting(std::string_view state) const override {
    if (format_ == ChangesFormat::kSse) return StrCat(": ", state, "\n\n");
    return StrCat("{\"progress\":{\"waiting\":\"", state, "\"}}\n");
  }

  std::string End(const absl::Status& why, std::string_view token) const override {
    if (why.ok()) return format_ == ChangesFormat::kSse ? "event: end\ndata: {}\n\n" : "{\"end\":{}}\n";
    std::string problem = ProblemJson(why);
    if (!token.empty()) {
      problem.pop_back();
      StrAppend(&problem, ",\"resume\":\"", token, "\"}");
    }
    if (format_ == ChangesFormat::kNdjson) return StrCat("{\"error\":", problem, "}\n");
    return StrCat("event: ", MustRefetch(CodeOf(why)) ? "must-refetch" : "problem", "\ndata: ", problem, "\n\n");
  }

 private:
  // `members` without braces: one object.
  std::string Frame(std::string_view event, std::string_view token, const std::string& members) const {
    std::string text;
    text.reserve(members.size() + token.size() + 32);
    if (format_ == ChangesFormat::kNdjson) {
      text.push_back('{');
      if (!token.empty()) StrAppend(&text, "\"id\":\"", token, "\",");
      StrAppend(&text, members, "}\n");
      return text;
    }
    if (!event.empty()) StrAppend(&text, "event: ", event, "\n");
    if (!token.empty()) StrAppend(&text, "id: ", token, "\n");
    StrAppend(&text, "data: {", members, "}\n\n");
    return text;
  }

  const ChangesFormat format_;
  const ChangesEnvelope envelope_;
  const RowJsonOptions options_;
  const std::string name_;
};

}  // namespace

std::shared_ptr<const ChangeEncoder> MakeChangeEncoder(ChangesFormat format, ChangesEnvelope envelope,
                                                       const RowJsonOptions& options) {
  return std::make_shared<JsonChanges>(format, envelope, options);
}

}  // namespace freshet
