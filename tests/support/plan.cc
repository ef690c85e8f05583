#include "tests/support/plan.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/functions/aggregate/aggregate_list.h"
#include "engine/functions/function_list.h"

namespace freshet {
namespace {

// The words of a line; commas, parentheses and colons are words of their own, 'quoted text' is one.
std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string> words;
  for (size_t i = 0; i < line.size();) {
    if (absl::ascii_isspace(line[i])) {
      ++i;
    } else if (std::string_view(",():").find(line[i]) != std::string_view::npos) {
      words.emplace_back(1, line[i++]);
    } else if (line[i] == '\'') {
      size_t end = line.find('\'', i + 1);
      if (end == std::string_view::npos) end = line.size() - 1;
      words.emplace_back(line.substr(i, end + 1 - i));
      i = end + 1;
    } else {
      size_t end = line.find_first_of(" \t,():'", i);
      if (end == std::string_view::npos) end = line.size();
      words.emplace_back(line.substr(i, end - i));
      i = end;
    }
  }
  return words;
}

// Reads one line word by word. The first thing that is wrong stays in status().
class LineReader {
 public:
  LineReader(const Plan& plan, const std::string& line) : plan_(plan), line_(line), words_(Words(line)) {}

  bool done() const { return next_ >= words_.size(); }
  std::string Next() { return done() ? (Fail("the line ends too early"), "") : words_[next_++]; }
  bool TryTake(const std::string& word) {
    if (done() || words_[next_] != word) return false;
    ++next_;
    return true;
  }
  void Take(const std::string& word) {
    if (!TryTake(word)) Fail(absl::StrCat("expected `", word, "`", done() ? "" : " before " + words_[next_]));
  }
  void Fail(std::string what) {
    if (status_.ok()) status_ = absl::InvalidArgumentError(absl::StrCat(what, " in: ", line_));
  }
  const absl::Status& status() const { return status_; }

  uint32_t Node() {
    std::string name = Next();
    for (uint32_t i = 0; i < plan_.nodes.size(); ++i) {
      if (plan_.nodes[i].name == name) return i;
    }
    Fail(absl::StrCat("no relation ", name));
    return 0;
  }
  uint32_t Column(const Schema& schema) {
    std::string name = Next();
    if (std::optional<uint32_t> column = Find(schema, name)) return *column;
    Fail(absl::StrCat("no column ", name));
    return 0;
  }
  // A column, or a literal of the type of `like` (of a column beside it).
  PlanTerm Term(const Schema& schema, std::optional<DataType> like) {
    PlanTerm term;
    std::string word = Next();
    if (std::optional<uint32_t> column = Find(schema, word)) {
      term.column = column;
      term.type = schema[*column].type;
      return term;
    }
    bool is_text = !word.empty() && word[0] == '\'';
    if (is_text) word = word.substr(1, word.size() - 2);
    term.type = like.value_or(DataType{is_text ? TypeKind::kText : TypeKind::kBigint});
    absl::StatusOr<Datum> value = ParseDatum(word, term.type);
    if (value.ok()) {
      term.literal = *value;
    } else {
      Fail(absl::StrCat(word, " is neither a column nor a value"));
    }
    return term;
  }
  int64_t Number() {
    const std::string word = Next();
    int64_t number = 0;
    if (!absl::SimpleAtoi(word, &number)) Fail(absl::StrCat(word, " is no whole number"));
    return number;
  }
  PlanExpression Expression(const Schema& schema) {
    PlanExpression expression;
    expression.left = Term(schema, std::nullopt);
    expression.type = expression.left.type;
    if (done() || words_[next_] == "," || words_[next_] == "as") return expression;
    expression.op = Next();
    expression.right = Term(schema, expression.left.type);
    const ScalarFunction* function =
        FindScalarFunction(expression.op, std::vector{expression.left.type.kind, expression.right.type.kind});
    if (function == nullptr) {
      Fail(absl::StrCat("no operator ", expression.op, " over these types"));
    } else {
      expression.type = {*function->result};
    }
    return expression;
  }

 private:
  static std::optional<uint32_t> Find(const Schema& schema, std::string_view name) {
    for (uint32_t i = 0; i < schema.size(); ++i) {
      if (schema[i].name == name) return i;
    }
    return std::nullopt;
  }

  const Plan& plan_;
  const std::string line_;
  const std::vector<std::string> words_;
  size_t next_ = 0;
  absl::Status status_;
};

// The columns of both inputs; a name that both have gets the relation's name before it.
Schema JoinedSchema(const PlanNode& left, const PlanNode& right) {
  Schema schema = left.schema;
  for (Field field : right.schema) {
    for (const Field& other : left.schema) {
      if (other.name == field.name) {
        field.name = absl::StrCat(right.name, ".", field.name);
        break;
      }
    }
    schema.push_back(field);
  }
  return schema;
}

void ReadSource(LineReader& line, PlanNode* node) {
  node->name = line.Next();
  line.Take("(");
  do {
    Field field;
    field.name = line.Next();
    std::string type = line.Next();
    if (std::optional<DataType> parsed = ParseTypeName(type)) {
      field.type = *parsed;
    } else {
      line.Fail(absl::StrCat("no type ", type));
    }
    node->schema.push_back(field);
  } while (line.TryTake(","));
  line.Take(")");
}

void ReadJoin(LineReader& line, const Plan& plan, PlanNode* node) {
  node->inputs = {line.Node()};
  line.Take(",");
  node->inputs.push_back(line.Node());
  if (!line.status().ok()) return;
  const PlanNode& left = plan.nodes[node->inputs[0]];
  const PlanNode& right = plan.nodes[node->inputs[1]];
  line.Take("on");
  do {
    node->left_key.push_back(line.Column(left.schema));
    line.Take("=");
    node->right_key.push_back(line.Column(right.schema));
  } while (line.TryTake("and"));
  if (line.TryTake("where")) {
    node->has_condition = true;
    node->condition = line.Expression(JoinedSchema(left, right));
  }
}

void ReadProject(LineReader& line, const Plan& plan, PlanNode* node) {
  node->inputs = {line.Node()};
  const Schema& schema = plan.nodes[node->inputs[0]].schema;
  line.Take(":");
  do {
    PlanExpression expression = line.Expression(schema);
    if (line.TryTake("as")) {
      expression.name = line.Next();
    } else if (expression.op.empty() && expression.left.column) {
      expression.name = schema[*expression.left.column].name;
    } else {
      line.Fail("an expression needs `as name`");
    }
    node->expressions.push_back(expression);
  } while (line.TryTake(","));
}

void ReadAggregate(LineReader& line, const Plan& plan, PlanNode* node) {
  node->inputs = {line.Node()};
  const Schema& schema = plan.nodes[node->inputs[0]].schema;
  if (line.TryTake("by")) {
    do {
      node->left_key.push_back(line.Column(schema));
    } while (line.TryTake(","));
  }
  line.Take(":");
  do {
    PlanAggregate aggregate;
    aggregate.function = aggregate.name = line.Next();
    if (line.TryTake("(")) {
      aggregate.distinct = line.TryTake("distinct");
      aggregate.column = line.Column(schema);
      if (line.TryTake("by")) aggregate.by = line.Column(schema);
      line.Take(")");
    }
    if (line.TryTake("as")) aggregate.name = line.Next();
    node->aggregates.push_back(aggregate);
  } while (line.TryTake(","));
}

// N = top_k R per a, b by c, d desc nulls first limit 3 skip 1
void ReadTopK(LineReader& line, const Plan& plan, PlanNode* node) {
  node->inputs = {line.Node()};
  const Schema& schema = plan.nodes[node->inputs[0]].schema;
  if (line.TryTake("per")) {
    do {
      node->left_key.push_back(line.Column(schema));
    } while (line.TryTake(","));
  }
  line.Take("by");
  do {
    PlanOrder order{.column = line.Column(schema)};
    order.descending = line.TryTake("desc");
    if (line.TryTake("nulls")) {
      order.nulls_first = line.TryTake("first");
      if (!order.nulls_first) line.Take("last");
    }
    node->order.push_back(order);
  } while (line.TryTake(","));
  line.Take("limit");
  node->limit = line.Number();
  if (line.TryTake("skip")) node->skip = line.Number();
}

// N = upsert R by a, b version c keep 100
void ReadUpsert(LineReader& line, const Plan& plan, PlanNode* node) {
  node->inputs = {line.Node()};
  const Schema& schema = plan.nodes[node->inputs[0]].schema;
  line.Take("by");
  do {
    node->left_key.push_back(line.Column(schema));
  } while (line.TryTake(","));
  if (line.TryTake("version")) node->version = line.Column(schema);
  if (line.TryTake("keep")) node->tombstone_retention_micros = line.Number();
  if (schema.size() <= kStampColumns) line.Fail("an upsert needs time, partition and offset as the last columns");
}

absl::Status ReadNode(const std::string& text, Plan* plan) {
  LineReader line(*plan, text);
  PlanNode node;
  std::string word = line.Next();
  if (word == "source") {
    ReadSource(line, &node);
  } else {
    node.name = word;
    line.Take("=");
    std::string kind = line.Next();
    if (kind == "filter") {
      node.kind = PlanNode::Kind::kFilter;
      node.inputs = {line.Node()};
      line.Take("where");
      node.condition = line.Expression(plan->nodes.empty() ? Schema() : plan->nodes[node.inputs[0]].schema);
    } else if (kind == "project") {
      node.kind = PlanNode::Kind::kProject;
      ReadProject(line, *plan, &node);
    } else if (kind == "union") {
      node.kind = PlanNode::Kind::kUnion;
      do {
        node.inputs.push_back(line.Node());
      } while (line.TryTake(","));
    } else if (kind == "aggregate") {
      node.kind = PlanNode::Kind::kAggregate;
      ReadAggregate(line, *plan, &node);
    } else if (kind == "series") {
      node.kind = PlanNode::Kind::kFlatMap;
      node.inputs = {line.Node()};
      line.Take("from");
      const Schema schema = plan->nodes.empty() ? Schema() : plan->nodes[node.inputs[0]].schema;
      node.series_from = line.Column(schema);
      line.Take("to");
      node.series_to = line.Column(schema);
    } else if (kind == "upsert") {
      node.kind = PlanNode::Kind::kUpsert;
      if (plan->nodes.empty()) return absl::InvalidArgumentError("an upsert before its source");
      ReadUpsert(line, *plan, &node);
    } else if (kind == "top_k") {
      node.kind = PlanNode::Kind::kTopK;
      if (plan->nodes.empty()) return absl::InvalidArgumentError("a top_k before its source");
      ReadTopK(line, *plan, &node);
    } else if (kind == "keyless") {
      node.kind = PlanNode::Kind::kKeylessDeletes;
      node.inputs = {line.Node()};
    } else if (kind == "distinct") {
      node.kind = PlanNode::Kind::kDistinct;
      node.inputs = {line.Node()};
    } else {
      node.kind = kind == "join"        ? PlanNode::Kind::kInnerJoin
                  : kind == "left_join" ? PlanNode::Kind::kLeftJoin
                  : kind == "semi_join" ? PlanNode::Kind::kSemiJoin
                                        : PlanNode::Kind::kAntiJoin;
      if (node.kind == PlanNode::Kind::kAntiJoin && kind != "anti_join") line.Fail(absl::StrCat("no operator ", kind));
      ReadJoin(line, *plan, &node);
    }
  }
  if (!line.done()) line.Fail(absl::StrCat("`", line.Next(), "` is too much"));
  RETURN_IF_ERROR(line.status());
  if (node.kind != PlanNode::Kind::kSource) DeriveSchema(*plan, &node);
  plan->nodes.push_back(std::move(node));
  return absl::OkStatus();
}

std::string FormatTerm(const PlanTerm& term, const Schema& schema) {
  if (term.column) return schema[*term.column].name;
  std::string text = FormatDatum(term.literal, term.type);
  return term.type.kind == TypeKind::kText ? absl::StrCat("'", text, "'") : text;
}

std::string FormatPlanExpression(const PlanExpression& expression, const Schema& schema) {
  std::string text = FormatTerm(expression.left, schema);
  if (!expression.op.empty()) absl::StrAppend(&text, " ", expression.op, " ", FormatTerm(expression.right, schema));
  return text;
}

std::string FormatJoin(const Plan& plan, const PlanNode& node, const std::string& kind) {
  const PlanNode& left = plan.nodes[node.inputs[0]];
  const PlanNode& right = plan.nodes[node.inputs[1]];
  std::string text = absl::StrCat(kind, " ", left.name, ", ", right.name, " on ");
  for (size_t i = 0; i < node.left_key.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : " and ", left.schema[node.left_key[i]].name, " = ",
                    right.schema[node.right_key[i]].name);
  }
  if (node.has_condition) {
    absl::StrAppend(&text, " where ", FormatPlanExpression(node.condition, JoinedSchema(left, right)));
  }
  return text;
}

std::string FormatTopK(const PlanNode& input, const PlanNode& node) {
  std::vector<std::string> group, order;
  for (uint32_t column : node.left_key) group.push_back(input.schema[column].name);
  for (const PlanOrder& each : node.order) {
    order.push_back(absl::StrCat(input.schema[each.column].name, each.descending ? " desc" : "",
                                 each.nulls_first ? " nulls first" : ""));
  }
  return absl::StrCat(node.name, " = top_k ", input.name, group.empty() ? "" : " per ", absl::StrJoin(group, ", "),
                      " by ", absl::StrJoin(order, ", "), " limit ", node.limit,
                      node.skip > 0 ? absl::StrCat(" skip ", node.skip) : "");
}

std::string FormatNode(const Plan& plan, const PlanNode& node) {
  const auto input = [&]() -> const PlanNode& { return plan.nodes[node.inputs[0]]; };
  std::vector<std::string> parts;
  switch (node.kind) {
    case PlanNode::Kind::kSource:
      for (const Field& field : node.schema) parts.push_back(absl::StrCat(field.name, " ", TypeName(field.type)));
      return absl::StrCat("source ", node.name, " (", absl::StrJoin(parts, ", "), ")");
    case PlanNode::Kind::kFilter:
      return absl::StrCat(node.name, " = filter ", input().name, " where ",
                          FormatPlanExpression(node.condition, input().schema));
    case PlanNode::Kind::kProject:
      for (const PlanExpression& expression : node.expressions) {
        parts.push_back(absl::StrCat(FormatPlanExpression(expression, input().schema), " as ", expression.name));
      }
      return absl::StrCat(node.name, " = project ", input().name, ": ", absl::StrJoin(parts, ", "));
    case PlanNode::Kind::kUnion:
      for (uint32_t from : node.inputs) parts.push_back(plan.nodes[from].name);
      return absl::StrCat(node.name, " = union ", absl::StrJoin(parts, ", "));
    case PlanNode::Kind::kInnerJoin:
      return absl::StrCat(node.name, " = ", FormatJoin(plan, node, "join"));
    case PlanNode::Kind::kLeftJoin:
      return absl::StrCat(node.name, " = ", FormatJoin(plan, node, "left_join"));
    case PlanNode::Kind::kSemiJoin:
      return absl::StrCat(node.name, " = ", FormatJoin(plan, node, "semi_join"));
    case PlanNode::Kind::kAntiJoin:
      return absl::StrCat(node.name, " = ", FormatJoin(plan, node, "anti_join"));
    case PlanNode::Kind::kAggregate: {
      for (const PlanAggregate& aggregate : node.aggregates) {
        std::string by = aggregate.by ? absl::StrCat(" by ", input().schema[*aggregate.by].name) : std::string();
        std::string argument = aggregate.column ? absl::StrCat(aggregate.distinct ? "(distinct " : "(",
                                                               input().schema[*aggregate.column].name, by, ")")
                                                : std::string();
        parts.push_back(absl::StrCat(aggregate.function, argument, " as ", aggregate.name));
      }
      std::vector<std::string> key;
      for (uint32_t column : node.left_key) key.push_back(input().schema[column].name);
      return absl::StrCat(node.name, " = aggregate ", input().name, key.empty() ? "" : " by ", absl::StrJoin(key, ", "),
                          ": ", absl::StrJoin(parts, ", "));
    }
    case PlanNode::Kind::kDistinct:
      return absl::StrCat(node.name, " = distinct ", input().name);
    case PlanNode::Kind::kTopK:
      return FormatTopK(input(), node);
    case PlanNode::Kind::kKeylessDeletes:
      return absl::StrCat(node.name, " = keyless ", input().name);
    case PlanNode::Kind::kUpsert: {
      for (uint32_t column : node.left_key) parts.push_back(input().schema[column].name);
      std::string text = absl::StrCat(node.name, " = upsert ", input().name, " by ", absl::StrJoin(parts, ", "));
      if (node.version) absl::StrAppend(&text, " version ", input().schema[*node.version].name);
      if (node.tombstone_retention_micros) absl::StrAppend(&text, " keep ", *node.tombstone_retention_micros);
      return text;
    }
    case PlanNode::Kind::kFlatMap:
      return absl::StrCat(node.name, " = series ", input().name, " from ", input().schema[node.series_from].name,
                          " to ", input().schema[node.series_to].name);
  }
  return "";
}

}  // namespace

uint32_t Plan::source_count() const {
  uint32_t count = 0;
  while (count < nodes.size() && nodes[count].kind == PlanNode::Kind::kSource) ++count;
  return count;
}

const PlanNode* Plan::TableOf(uint32_t source) const {
  for (const PlanNode& node : nodes) {
    const bool table = node.kind == PlanNode::Kind::kUpsert || node.kind == PlanNode::Kind::kKeylessDeletes;
    if (table && node.inputs[0] == source) return &node;
  }
  return nullptr;
}

void DeriveSchema(const Plan& plan, PlanNode* node) {
  const PlanNode& first = plan.nodes[node->inputs[0]];
  switch (node->kind) {
    case PlanNode::Kind::kSource:
      return;
    case PlanNode::Kind::kFilter:
    case PlanNode::Kind::kUnion:
    case PlanNode::Kind::kSemiJoin:
    case PlanNode::Kind::kAntiJoin:
    case PlanNode::Kind::kDistinct:
    case PlanNode::Kind::kTopK:
    case PlanNode::Kind::kKeylessDeletes:
      node->schema = first.schema;
      return;
    case PlanNode::Kind::kUpsert:
      node->schema = first.schema;
      node->schema.resize(first.schema.size() - kStampColumns);
      return;
    case PlanNode::Kind::kFlatMap:
      node->schema = first.schema;
      node->schema.push_back({"series", {TypeKind::kBigint}});
      return;
    case PlanNode::Kind::kProject:
      for (const PlanExpression& expression : node->expressions) {
        node->schema.push_back({expression.name, expression.type});
      }
      return;
    case PlanNode::Kind::kInnerJoin:
    case PlanNode::Kind::kLeftJoin:
      node->schema = JoinedSchema(first, plan.nodes[node->inputs[1]]);
      return;
    case PlanNode::Kind::kAggregate:
      for (uint32_t column : node->left_key) node->schema.push_back(first.schema[column]);
      for (const PlanAggregate& aggregate : node->aggregates) {
        std::vector<TypeKind> types;
        DataType argument;
        if (aggregate.column) {
          argument = first.schema[*aggregate.column].type;
          types.push_back(argument.kind);
        }
        if (aggregate.ArgumentIsBy()) types.push_back(first.schema[*aggregate.by].type.kind);
        const AggregateFunction* function = FindAggregate(aggregate.function, types);
        CHECK(function != nullptr) << aggregate.function;
        node->schema.push_back({aggregate.name, ResultTypeOf(*function, argument)});
      }
      return;
  }
}

absl::StatusOr<Plan> ParsePlan(std::string_view text) {
  Plan plan;
  bool has_output = false;
  const std::vector<std::string> lines = absl::StrSplit(std::string(text), '\n');
  for (std::string line : lines) {
    absl::StripAsciiWhitespace(&line);
    if (line.empty() || line[0] == '#') continue;
    if (line.substr(0, 7) == "output ") {
      LineReader reader(plan, line);
      reader.Next();
      plan.output = reader.Node();
      RETURN_IF_ERROR(reader.status());
      has_output = true;
      continue;
    }
    RETURN_IF_ERROR(ReadNode(line, &plan));
  }
  if (!has_output) return absl::InvalidArgumentError("the plan has no line `output <relation>`");
  return plan;
}

std::string FormatPlan(const Plan& plan) {
  std::string text;
  for (const PlanNode& node : plan.nodes) absl::StrAppend(&text, FormatNode(plan, node), "\n");
  absl::StrAppend(&text, "output ", plan.nodes[plan.output].name, "\n");
  return text;
}

}  // namespace freshet
