#include "server/planner/rules/push_filters.h"

#include <algorithm>
#include <unordered_map>

#include "engine/base/check.h"
#include "server/plan/expression_logic.h"

namespace freshet {
namespace {

using Conditions = std::vector<Expression>;

class FilterPusher {
 public:
  explicit FilterPusher(const PlanTree& tree) : readers_(tree) {}

  PlanRef Rewrite(const PlanRef& node) {
    auto it = done_.find(node.get());
    if (it != done_.end()) return it->second;
    PlanRef result;
    if (const auto* filter = node->As<PlanFilter>()) {
      result = Push(node->inputs[0], SplitConjunction(filter->condition), node->owner);
    } else {
      std::vector<PlanRef> inputs;
      for (const PlanRef& input : node->inputs) inputs.push_back(Rewrite(input));
      result = WithInputs(node, std::move(inputs));
    }
    done_.emplace(node.get(), result);
    return result;
  }

 private:
  // The node with the conditions, which are over its columns, applied as deep as they can be.
  PlanRef Push(const PlanRef& node, Conditions conditions, const std::string& owner) {
    if (conditions.empty()) return Rewrite(node);
    if (readers_.Of(node) > 1) return Filtered(Rewrite(node), std::move(conditions), owner);
    return std::visit([&](const auto& operation) { return PushInto(operation, node, std::move(conditions), owner); },
                      node->operation);
  }

  static PlanRef Filtered(PlanRef node, Conditions conditions, const std::string& owner) {
    if (conditions.empty()) return node;
    return MakeNode(PlanFilter{MakeConjunction(std::move(conditions))}, {std::move(node)}, owner);
  }

  // Takes the conditions that `moves` can rewrite; the others stay in `conditions`.
  template <typename Moves>
  static Conditions Take(Conditions& conditions, Moves moves) {
    Conditions taken, kept;
    for (Expression& condition : conditions) {
      if (std::optional<Expression> moved = moves(condition)) {
        taken.push_back(*std::move(moved));
      } else {
        kept.push_back(std::move(condition));
      }
    }
    conditions = std::move(kept);
    return taken;
  }

  // A condition over columns that all have a place below.
  static std::optional<Expression> Renumber(const Expression& condition,
                                            const std::vector<std::optional<uint32_t>>& map) {
    ColumnList columns = ColumnsOf(condition);
    if (columns.empty() || !MapColumns(columns, map)) return std::nullopt;
    return RenumberColumns(condition, map);
  }

  PlanRef OverInput(const PlanRef& node, Conditions below, Conditions above, const std::string& owner) {
    PlanRef input = Push(node->inputs[0], std::move(below), owner);
    return Filtered(WithInputs(node, {std::move(input)}), std::move(above), owner);
  }

  PlanRef PushInto(const PlanScan&, const PlanRef& node, Conditions conditions, const std::string& owner) {
    return Filtered(node, std::move(conditions), owner);
  }

  PlanRef PushInto(const PlanValues&, const PlanRef& node, Conditions conditions, const std::string& owner) {
    return Filtered(node, std::move(conditions), owner);
  }

  // Conditions of the lowest filter come first. The whole run of filters is taken at once, so that a long chain of them
  // moves each condition once.
  PlanRef PushInto(const PlanFilter&, const PlanRef& top, Conditions conditions, const std::string& owner) {
    std::vector<PlanRef> run = {top};
    while (run.back()->inputs[0]->As<PlanFilter>() != nullptr && readers_.Of(run.back()->inputs[0]) <= 1) {
      run.push_back(run.back()->inputs[0]);
    }
    Conditions all;
    for (auto it = run.rbegin(); it != run.rend(); ++it) {
      for (Expression& each : SplitConjunction((*it)->As<PlanFilter>()->condition)) all.push_back(std::move(each));
    }
    for (Expression& condition : conditions) all.push_back(std::move(condition));
    return Push(run.back()->inputs[0], std::move(all), run.back()->owner);
  }

  // Computed columns stay computed once: only conditions over bare columns pass.
  PlanRef PushInto(const PlanProject& project, const PlanRef& node, Conditions conditions, const std::string& owner) {
    std::vector<std::optional<uint32_t>> map;
    for (const Expression& column : project.columns) {
      map.push_back(column.kind == ExpressionKind::kColumn ? std::optional(column.column.value()) : std::nullopt);
    }
    Conditions below = Take(conditions, [&](const Expression& condition) { return Renumber(condition, map); });
    return OverInput(node, std::move(below), std::move(conditions), owner);
  }

  PlanRef PushInto(const PlanFlatMap& flat_map, const PlanRef& node, Conditions conditions, const std::string& owner) {
    std::vector<std::optional<uint32_t>> map(flat_map.keep.begin(), flat_map.keep.end());
    map.emplace_back();
    Conditions below = Take(conditions, [&](const Expression& condition) { return Renumber(condition, map); });
    return OverInput(node, std::move(below), std::move(conditions), owner);
  }

  PlanRef PushInto(const PlanUnion&, const PlanRef& node, Conditions conditions, const std::string& owner) {
    std::vector<PlanRef> inputs;
    for (const PlanRef& input : node->inputs) inputs.push_back(Push(input, conditions, owner));
    return WithInputs(node, std::move(inputs));
  }

  PlanRef PushInto(const PlanJoin& join, const PlanRef& node, Conditions conditions, const std::string& owner) {
    uint32_t width = static_cast<uint32_t>(node->inputs[0]->schema().size());
    auto of_left = [&](const Expression& condition) -> std::optional<Expression> {
      ColumnList columns = ColumnsOf(condition);
      bool fits =
          !columns.empty() && std::all_of(columns.begin(), columns.end(), [&](uint32_t c) { return c < width; });
      return fits ? std::optional(condition) : std::nullopt;
    };
    auto of_right = [&](const Expression& condition) -> std::optional<Expression> {
      ColumnList columns = ColumnsOf(condition);
      bool fits = join.kind == PlanJoinKind::kInner && !columns.empty() &&
                  std::all_of(columns.begin(), columns.end(), [&](uint32_t c) { return c >= width; });
      return fits ? std::optional(ShiftColumns(condition, -static_cast<int64_t>(width))) : std::nullopt;
    };
    Conditions left = Take(conditions, of_left);
    Conditions right = Take(conditions, of_right);
    PlanRef left_input = Push(node->inputs[0], std::move(left), owner);
    PlanRef right_input = Push(node->inputs[1], std::move(right), owner);
    return Filtered(WithInputs(node, {std::move(left_input), std::move(right_input)}), std::move(conditions), owner);
  }

  // A condition on the key keeps or drops whole groups. (Not over no key: the one row is there over nothing too.)
  PlanRef PushInto(const PlanAggregate& aggregate, const PlanRef& node, Conditions conditions,
                   const std::string& owner) {
    std::vector<std::optional<uint32_t>> map(aggregate.key.begin(), aggregate.key.end());
    map.resize(node->schema().size());
    Conditions below = Take(conditions, [&](const Expression& condition) { return Renumber(condition, map); });
    return OverInput(node, std::move(below), std::move(conditions), owner);
  }

  PlanRef PushInto(const PlanDistinct&, const PlanRef& node, Conditions conditions, const std::string& owner) {
    return OverInput(node, std::move(conditions), {}, owner);
  }

  // A condition on the group keeps or drops whole groups; any other would let rows behind the limit take the place of
  // those it drops.
  PlanRef PushInto(const PlanTopK& top, const PlanRef& node, Conditions conditions, const std::string& owner) {
    std::vector<std::optional<uint32_t>> map(node->schema().size());
    for (uint32_t column : top.group) map[column] = column;
    Conditions below = Take(conditions, [&](const Expression& condition) { return Renumber(condition, map); });
    return OverInput(node, std::move(below), std::move(conditions), owner);
  }

  // Another column of an older record may pass where the newest does not: only the key may decide.
  PlanRef PushInto(const PlanUpsert& upsert, const PlanRef& node, Conditions conditions, const std::string& owner) {
    std::vector<std::optional<uint32_t>> map(node->schema().size());
    for (uint32_t column : upsert.key) map[column] = column;
    Conditions below = Take(conditions, [&](const Expression& condition) { return Renumber(condition, map); });
    return OverInput(node, std::move(below), std::move(conditions), owner);
  }

  PlanRef PushInto(const PlanKeylessDeletes&, const PlanRef& node, Conditions conditions, const std::string& owner) {
    return OverInput(node, std::move(conditions), {}, owner);
  }

  PlanRef PushInto(const PlanExchange&, const PlanRef& node, Conditions conditions, const std::string& owner) {
    return OverInput(node, std::move(conditions), {}, owner);
  }

  const ReaderCounts readers_;
  std::unordered_map<const PlanNode*, PlanRef> done_;
};

}  // namespace

PlanTree PushFilters(const PlanTree& tree) {
  FilterPusher pusher(tree);
  PlanTree result = tree;
  for (PlanView& view : result.views) view.node = pusher.Rewrite(view.node);
  for (PlanSink& sink : result.sinks) sink.node = pusher.Rewrite(sink.node);
  return result;
}

}  // namespace freshet
