// A join keeps the rows of both inputs, so an order costs the rows of all inputs of joins, and what they give. Of up to
// kMaxExact inputs every order is looked at (dynamic programming over subsets, Selinger et al. 1979, bushy trees too);
// of more the cheapest pair is joined again and again.
#include "server/planner/rules/order_joins.h"

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>

#include "engine/base/check.h"
#include "server/plan/expression_logic.h"
#include "server/planner/rules/join_estimates.h"
#include "server/planner/rules/join_graph.h"

namespace freshet {
namespace {

constexpr size_t kMaxExact = 10;

struct Candidate {
  double cost = 0;
  double rows = 0;
  JoinInputs left = 0;  // 0: one input
  JoinInputs right = 0;
};

class Orderer {
 public:
  explicit Orderer(const JoinGraph& graph) : graph_(graph), estimates_(graph) {
    for (const std::vector<uint32_t>& members : graph.classes()) {
      JoinInputs inputs = 0;
      for (uint32_t column : members) inputs |= JoinInputs{1} << graph.columns()[column].input;
      class_inputs_.push_back(inputs);
    }
    for (const Expression& condition : graph.conditions()) condition_inputs_.push_back(graph.InputsOf(condition));
    for (size_t i = 0; i < graph.inputs().size(); ++i) {
      best_[JoinInputs{1} << i] = {0, estimates_.RowsOf(i), 0, 0};
    }
  }

  // What `best_` then has for all inputs is the order.
  const std::map<JoinInputs, Candidate>& Order() {
    std::vector<JoinInputs> parts;
    if (graph_.inputs().size() <= kMaxExact) {
      for (JoinInputs part : ConnectedParts()) parts.push_back(OrderExactly(part));
    } else {
      for (size_t i = 0; i < graph_.inputs().size(); ++i) parts.push_back(JoinInputs{1} << i);
    }
    JoinPairs(parts);
    return best_;
  }

 private:
  bool AreConnected(JoinInputs left, JoinInputs right) const {
    for (JoinInputs inputs : class_inputs_) {
      if ((inputs & left) != 0 && (inputs & right) != 0) return true;
    }
    // A row that is compared with another way is as good as a constant.
    for (JoinInputs one : {left, right}) {
      if (std::popcount(one) != 1 || !estimates_.HasOneRow(static_cast<size_t>(std::countr_zero(one)))) continue;
      for (JoinInputs inputs : condition_inputs_) {
        if ((inputs & one) != 0 && (inputs & ~(left | right)) == 0) return true;
      }
    }
    return false;
  }

  std::vector<JoinInputs> ConnectedParts() const {
    std::vector<JoinInputs> parts;
    for (const auto& [input, candidate] : best_) parts.push_back(input);
    for (size_t i = 0; i < parts.size(); ++i) {
      for (size_t j = i + 1; j < parts.size();) {
        if (AreConnected(parts[i], parts[j])) {
          parts[i] |= parts[j];
          parts.erase(parts.begin() + static_cast<ptrdiff_t>(j));
          j = i + 1;  // what was apart from the smaller part may not be from the larger one
        } else {
          ++j;
        }
      }
    }
    return parts;
  }

  // The rows that all orders of these inputs give: the least of what joining the last one promises.
  double RowsOf(JoinInputs inputs) const {
    double least = -1;
    for (JoinInputs rest = inputs; rest != 0; rest &= rest - 1) {
      JoinInputs last = rest & ~(rest - 1);
      auto others = best_.find(inputs & ~last);
      if (others == best_.end() || !AreConnected(others->first, last)) continue;
      double rows = RowsOfPair(others->first, last);
      if (least < 0 || rows < least) least = rows;
    }
    return least;
  }

  double RowsOfPair(JoinInputs left, JoinInputs right) const {
    if (std::popcount(right) != 1) std::swap(left, right);
    double rows = best_.at(left).rows;
    if (std::popcount(right) == 1) {
      rows = estimates_.JoinedRows(left, rows, static_cast<size_t>(std::countr_zero(right)));
    } else {
      rows = AreConnected(left, right) ? std::max(rows, best_.at(right).rows) : rows * best_.at(right).rows;
    }
    for (size_t i = 0; i < condition_inputs_.size(); ++i) {
      JoinInputs read = condition_inputs_[i];
      bool decided = (read & ~(left | right)) == 0 && (read & ~left) != 0 && (read & ~right) != 0;
      if (decided) rows *= ExpectedShare(graph_.conditions()[i]);
    }
    return rows;
  }

  double CostOf(JoinInputs left, JoinInputs right, double rows) const {
    const Candidate& a = best_.at(left);
    const Candidate& b = best_.at(right);
    return a.cost + b.cost + a.rows + b.rows + rows;
  }

  // Subsets in growing order: each is made of two that come before it.
  JoinInputs OrderExactly(JoinInputs part) {
    std::vector<JoinInputs> subsets;
    for (JoinInputs subset = part; subset != 0; subset = (subset - 1) & part) subsets.push_back(subset);
    std::reverse(subsets.begin(), subsets.end());
    for (JoinInputs subset : subsets) {
      if (std::popcount(subset) < 2) continue;
      double rows = RowsOf(subset);
      if (rows < 0) continue;
      Candidate best;
      for (JoinInputs left = (subset - 1) & subset; left != 0; left = (left - 1) & subset) {
        JoinInputs right = subset & ~left;
        if (left < right || !best_.contains(left) || !best_.contains(right) || !AreConnected(left, right)) continue;
        double cost = CostOf(left, right, rows);
        if (best.left == 0 || cost < best.cost) best = {cost, rows, left, right};
      }
      if (best.left != 0) best_[subset] = best;
    }
    return part;
  }

  void JoinPairs(std::vector<JoinInputs>& parts) {
    while (parts.size() > 1) {
      Candidate best;
      size_t best_left = 0, best_right = 0;
      for (size_t i = 0; i < parts.size(); ++i) {
        for (size_t j = i + 1; j < parts.size(); ++j) {
          bool connected = AreConnected(parts[i], parts[j]);
          bool best_connected = best.left != 0 && AreConnected(best.left, best.right);
          if (best_connected && !connected) continue;
          double rows = RowsOfPair(parts[i], parts[j]);
          double cost = CostOf(parts[i], parts[j], rows);
          if (best.left != 0 && connected == best_connected && cost >= best.cost) continue;
          best = {cost, rows, parts[i], parts[j]};
          best_left = i, best_right = j;
        }
      }
      parts[best_left] = best.left | best.right;
      parts.erase(parts.begin() + static_cast<ptrdiff_t>(best_right));
      best_[best.left | best.right] = best;
    }
  }

  const JoinGraph& graph_;
  const JoinEstimates estimates_;
  std::vector<JoinInputs> class_inputs_;
  std::vector<JoinInputs> condition_inputs_;
  std::map<JoinInputs, Candidate> best_;
};

// Makes the nodes of an order.
class JoinMaker {
 public:
  JoinMaker(const JoinGraph& graph, const std::map<JoinInputs, Candidate>& order, std::string owner)
      : graph_(graph), order_(order), owner_(std::move(owner)), done_(graph.conditions().size(), false) {}

  PlanRef Make(const Schema& schema) {
    Joined all = MakeOf(order_.rbegin()->first);
    PlanProject project;
    for (size_t i = 0; i < schema.size(); ++i) {
      project.columns.push_back(RenumberColumns(graph_.outputs()[i], all.places));
      project.names.push_back(schema[i].name);
    }
    return MakeNode(std::move(project), {all.node}, owner_);
  }

 private:
  struct Joined {
    PlanRef node;
    std::vector<std::optional<uint32_t>> places;  // of the numbered columns
  };

  Joined MakeOf(JoinInputs inputs) {
    const Candidate& candidate = order_.at(inputs);
    Joined joined;
    if (candidate.left == 0) {
      size_t input = static_cast<size_t>(std::countr_zero(inputs));
      joined.node = graph_.inputs()[input];
      for (const JoinColumn& column : graph_.columns()) {
        joined.places.push_back(column.input == input ? std::optional(column.column) : std::nullopt);
      }
    } else {
      joined = Join(MakeOf(candidate.left), MakeOf(candidate.right), inputs);
    }
    return joined;
  }

  // What can be decided of these inputs and was not before.
  std::vector<Expression> DecidedOf(JoinInputs inputs, const std::vector<std::optional<uint32_t>>& places) {
    std::vector<Expression> conditions;
    for (size_t i = 0; i < done_.size(); ++i) {
      if (done_[i] || (graph_.InputsOf(graph_.conditions()[i]) & ~inputs) != 0) continue;
      done_[i] = true;
      conditions.push_back(RenumberColumns(graph_.conditions()[i], places));
    }
    return conditions;
  }

  // The members of a class on one side; whether they are known to be equal there.
  static ColumnList PlacesOf(const std::vector<uint32_t>& members, const Joined& side) {
    ColumnList places;
    for (uint32_t member : members) {
      if (side.places[member]) places.push_back(*side.places[member]);
    }
    return places;
  }
  bool AreEqualAlready(const std::vector<uint32_t>& members, const Joined& side) const {
    JoinInputs inputs = 0;
    for (uint32_t member : members) {
      if (side.places[member]) inputs |= JoinInputs{1} << graph_.columns()[member].input;
    }
    return std::popcount(inputs) > 1;
  }

  Joined Join(Joined left, Joined right, JoinInputs inputs) {
    PlanJoin join;
    for (const std::vector<uint32_t>& members : graph_.classes()) {
      ColumnList of_left = PlacesOf(members, left), of_right = PlacesOf(members, right);
      if (of_left.empty() || of_right.empty()) continue;
      if (AreEqualAlready(members, left)) of_left.resize(1);
      if (AreEqualAlready(members, right)) of_right.resize(1);
      for (size_t i = 0; i < std::max(of_left.size(), of_right.size()); ++i) {
        join.left_key.push_back(of_left[i < of_left.size() ? i : 0]);
        join.right_key.push_back(of_right[i < of_right.size() ? i : 0]);
      }
    }
    if (join.left_key.empty()) {
      join.left_key.push_back(AddSameKey(&left));
      join.right_key.push_back(AddSameKey(&right));
    }
    uint32_t width = static_cast<uint32_t>(left.node->schema().size());
    Joined joined;
    for (size_t i = 0; i < left.places.size(); ++i) {
      std::optional<uint32_t> place = left.places[i];
      if (!place && right.places[i]) place = *right.places[i] + width;
      joined.places.push_back(place);
    }
    std::vector<Expression> conditions = DecidedOf(inputs, joined.places);
    if (!conditions.empty()) join.residual = MakeConjunction(std::move(conditions));
    joined.node = MakeNode(std::move(join), {left.node, right.node}, owner_);
    return joined;
  }

  // Every row meets every row: all have one key.
  uint32_t AddSameKey(Joined* side) {
    PlanProject project;
    const Schema& schema = side->node->schema();
    for (uint32_t i = 0; i < schema.size(); ++i) {
      project.columns.push_back(Expression::Column(ColumnIndex(i), schema[i].type));
      project.names.push_back(schema[i].name);
    }
    project.columns.push_back(Expression::Literal(Datum::Bool(true), DataType{TypeKind::kBoolean}));
    project.names.emplace_back("every");
    side->node = MakeNode(std::move(project), {side->node}, owner_);
    return static_cast<uint32_t>(side->node->schema().size() - 1);
  }

  const JoinGraph& graph_;
  const std::map<JoinInputs, Candidate>& order_;
  const std::string owner_;
  std::vector<bool> done_;
};

class TreeOrderer {
 public:
  explicit TreeOrderer(const PlanTree& tree) : readers_(tree) {}

  PlanRef Rewrite(const PlanRef& node) {
    auto it = done_.find(node.get());
    if (it != done_.end()) return it->second;
    PlanRef result = JoinGraph::IsJoinTree(node, readers_) ? OrderTree(node) : nullptr;
    if (result == nullptr) result = RewriteInputs(node);
    done_.emplace(node.get(), result);
    return result;
  }

 private:
  PlanRef RewriteInputs(const PlanRef& node) {
    std::vector<PlanRef> inputs;
    for (const PlanRef& input : node->inputs) inputs.push_back(Rewrite(input));
    return WithInputs(node, std::move(inputs));
  }

  PlanRef OrderTree(const PlanRef& top) {
    auto graph = JoinGraph::Make(top, readers_, [this](const PlanRef& node) { return Rewrite(node); });
    if (!graph) return nullptr;
    return JoinMaker(*graph, Orderer(*graph).Order(), top->owner).Make(top->schema());
  }

  const ReaderCounts readers_;
  std::unordered_map<const PlanNode*, PlanRef> done_;
};

}  // namespace

PlanTree OrderJoins(const PlanTree& tree) {
  TreeOrderer orderer(tree);
  PlanTree result = tree;
  for (PlanView& view : result.views) view.node = orderer.Rewrite(view.node);
  for (PlanSink& sink : result.sinks) sink.node = orderer.Rewrite(sink.node);
  return result;
}

}  // namespace freshet
