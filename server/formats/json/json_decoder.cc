#include "server/formats/json/json_decoder.h"

#include <algorithm>
#include <charconv>

#include "engine/base/str_cat.h"
#include "server/formats/json/json_index.h"
#include "server/formats/json/json_shapes.h"
#include "server/formats/json/json_walk.h"
#include "server/formats/json/path_tree.h"

namespace freshet {
namespace {

Rejection Malformed(std::string message) { return {ErrorCode::kMalformedRecord, std::move(message)}; }

constexpr std::string_view kInsert = "insert";
constexpr std::string_view kUpsert = "upsert";
constexpr std::string_view kDelete = "delete";

absl::StatusOr<PathNode> MakeTree(const DecoderSpec& spec, bool key_columns_only) {
  PathNode root;
  for (uint32_t i = 0; i < spec.shape.columns.size(); ++i) {
    const ColumnShape& column = spec.shape.columns[i];
    if (!IsInRecord(column.origin) || (key_columns_only && !column.is_key)) continue;
    std::vector<std::string> segments = {column.name};
    if (column.origin == ColumnOrigin::kPath) {
      auto split = SplitJsonPointer(column.origin_name);
      if (!split.ok()) return MakeError(ErrorCode::kInvalidOption, StdView(split.status().message()));
      segments = *std::move(split);
    }
    AddPath(root, segments, i, spec.needed[i]);
  }
  return root;
}

class JsonDecoder : public RecordDecoder {
 public:
  JsonDecoder(PathNode tree, Envelope envelope)
      : tree_(std::move(tree)),
        envelope_(envelope),
        plain_kind_(envelope == Envelope::kUpsert ? ChangeKind::kUpsert : ChangeKind::kInsert),
        walk_(&index_) {
    if (envelope_ != Envelope::kRowOrChange) return;
    for (std::string_view name : {kInsert, kUpsert, kDelete}) {
      if (tree_.Find(name) == nullptr) change_names_.push_back(name);
    }
  }

  std::optional<Rejection> Decode(const RecordText& record, FieldRow& row) override {
    row.Clear();
    if (shapes_.Fill(record.text, row)) {
      row.kind = plain_kind_;
      return std::nullopt;
    }
    if (auto rejection = index_.Build(record.text)) return rejection;
    walk_.Restart(0);
    if (walk_.Peek() != '{') return Malformed("the record is not a JSON object");
    if (envelope_ == Envelope::kChanges || IsChange()) return DecodeChange(row);
    row.kind = plain_kind_;
    if (!walk_.Object(tree_, row.cells, &row.unknown_fields) || !walk_.AtEnd()) return Unbalanced();
    shapes_.Learn(index_, row);
    return std::nullopt;
  }

 protected:
  std::optional<Rejection> DecodeChange(FieldRow& row) {
    std::optional<uint32_t> change;  // the token where the row begins
    std::optional<int64_t> weight;
    bool weighted = false;
    if (auto rejection = FindChange(row, &change, &weight, &weighted)) return rejection;
    if (!change || weighted != weight.has_value()) {
      return Malformed(R"(a change is {"weight":n,"row":{}} or one of {"insert":{}}, {"upsert":{}}, {"delete":{}})");
    }
    row.weight = weight.value_or(1);
    walk_.Restart(*change);
    if (walk_.Peek() != '{') return Malformed("the row of the change is not a JSON object");
    bool balanced = walk_.Object(tree_, row.cells, &row.unknown_fields);
    return balanced ? std::nullopt : std::optional<Rejection>(Unbalanced());
  }

  Rejection Unbalanced() const {
    Rejection rejection =
        Malformed(StrCat("not one balanced JSON object: a bracket, comma or colon is missing or too many, or it is "
                         "nested deeper than ",
                         kJsonDepthMax));
    size_t at = walk_.token() < index_.size() ? index_.PositionOf(walk_.token()) : index_.text().size();
    rejection.at = index_.text().data() + at;
    return rejection;
  }

 private:
  // {"insert":{...}} and the like, where the table has no column of that name.
  bool IsChange() {
    if (change_names_.empty() || index_.At(1) != '"' || index_.At(2) != ':' || index_.At(3) != '{') return false;
    std::optional<std::string_view> name = index_.StringAt(1);
    return name && std::find(change_names_.begin(), change_names_.end(), *name) != change_names_.end();
  }

  std::optional<Rejection> FindChange(FieldRow& row, std::optional<uint32_t>* change, std::optional<int64_t>* weight,
                                      bool* weighted) {
    walk_.Step();  // {
    bool more = walk_.Peek() != '}';
    if (!more) walk_.Step();
    while (more) {
      std::optional<std::string_view> name = walk_.Name();
      if (!name) return Unbalanced();
      bool is_row = *name == "row" || *name == kInsert || *name == kUpsert || *name == kDelete;
      if (is_row) {
        if (*change) return Malformed("the record holds two changes");
        *change = walk_.token();
        *weighted = *name == "row";
        row.kind = *weighted          ? ChangeKind::kWeight
                   : *name == kInsert ? ChangeKind::kInsert
                   : *name == kUpsert ? ChangeKind::kUpsert
                                      : ChangeKind::kDelete;
        if (!walk_.Skip()) return Unbalanced();
      } else if (*name == "weight") {
        FieldCell cell;
        if (!walk_.Capture(&cell)) return Unbalanced();
        Cell value;
        bool fits = cell.kind == FieldKind::kNumber && ReadCell(cell, DataType{TypeKind::kBigint}, &value);
        if (!fits) return Malformed("the weight of the change is not a whole number");
        *weight = value.integer;
      } else {
        ++row.unknown_fields;
        if (!walk_.Skip()) return Unbalanced();
      }
      char behind = walk_.Peek();
      walk_.Step();
      if (behind != ',' && behind != '}') return Unbalanced();
      more = behind == ',';
    }
    return walk_.AtEnd() ? std::nullopt : std::optional<Rejection>(Unbalanced());
  }

 protected:
  PathNode tree_;
  Envelope envelope_;
  ChangeKind plain_kind_;                       // of a record that is a row
  std::vector<std::string_view> change_names_;  // kRowOrChange
  JsonShapes shapes_;                           // of rows that stand plain, not of changes
  JsonIndex index_;
  JsonWalk walk_;
};

class JsonKeyDecoder final : public JsonDecoder {
 public:
  JsonKeyDecoder(PathNode tree, std::vector<uint32_t> key)
      : JsonDecoder(std::move(tree), Envelope::kPlain), key_(std::move(key)) {}

  std::optional<Rejection> Decode(const RecordText& record, FieldRow& row) override {
    row.Clear();
    if (auto rejection = index_.Build(record.text)) return rejection;
    if (index_.At(0) == '{' || key_.size() != 1) return JsonDecoder::Decode(record, row);
    walk_.Restart(0);
    if (!walk_.Capture(&row.cells[key_[0]]) || !walk_.AtEnd())
      return Malformed("the message key is not one JSON value");
    return std::nullopt;
  }

 private:
  std::vector<uint32_t> key_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RecordDecoder>> MakeJsonDecoder(DecoderSpec spec) {
  ASSIGN_OR_RETURN(PathNode tree, MakeTree(spec, false));
  return std::make_unique<JsonDecoder>(std::move(tree), spec.envelope);
}

absl::StatusOr<std::unique_ptr<RecordDecoder>> MakeJsonKeyDecoder(DecoderSpec spec) {
  ASSIGN_OR_RETURN(PathNode tree, MakeTree(spec, true));
  return std::make_unique<JsonKeyDecoder>(std::move(tree), spec.shape.primary_key);
}

}  // namespace freshet
