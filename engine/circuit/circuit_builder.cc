#include "engine/circuit/circuit_builder.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/key_hash.h"
#include "engine/circuit/checking_operator.h"
#include "engine/circuit/circuit.h"
#include "engine/circuit/measuring_operator.h"

namespace freshet {

ShardId OwnerOf(VnodeId vnode, uint16_t shard_count) {
  return ShardId(static_cast<uint16_t>(static_cast<uint32_t>(vnode.value()) * shard_count / kVnodeCount));
}

class CircuitBuilder::Impl {
 public:
  explicit Impl(Options options) : options_(options) {
    CHECK(options_.shard_count > 0 && options_.shard_count <= kVnodeCount);
    CHECK_LT(options_.shard.value(), options_.shard_count);
  }

  NodeId Add(CircuitNode node, const std::vector<NodeId>& inputs) {
    NodeId id(static_cast<uint32_t>(nodes_.size()));
    node.out = Output(options_.output_row_budget);
    for (uint32_t port = 0; port < inputs.size(); ++port) {
      NodeId input = inputs[port];
      CHECK_LT(input, id) << "an input of " << node.name << " does not exist";
      node.stage = std::max(node.stage, nodes_[input.value()].stage);
      Producer(input).successors.push_back({id, PortIndex(port)});
    }
    nodes_.push_back(std::move(node));
    return id;
  }

  NodeId AddExchange(std::string name, NodeId input, Distribution distribution, KeyColumns key,
                     uint32_t partition_count) {
    CHECK_LT(input.value(), nodes_.size()) << "the input of " << name << " does not exist";
    const CircuitNode& from = nodes_[input.value()];
    for (ColumnIndex column : key) CHECK_LT(column.value(), from.schema.size()) << "key of " << name;
    CircuitNode node;
    node.kind = CircuitNode::Kind::kExchange;
    node.name = std::move(name);
    node.schema = from.schema;
    node.exchange = ExchangeId(static_cast<uint32_t>(exchanges_.size()));
    node.starts_in = from.stage;
    NodeId id(static_cast<uint32_t>(nodes_.size()));
    if (options_.shard_count == 1) {
      node.stage = from.stage;
      nodes_.push_back(std::move(node));
      passes_.push_back({id, input});
    } else {
      node.scatter = std::make_unique<Scatter>(distribution, std::move(key), options_.shard_count, options_.hash_seed,
                                               partition_count);
      Add(std::move(node), {input});
      nodes_[id.value()].stage = nodes_[id.value()].starts_in.Next();
    }
    exchanges_.push_back(id);
    return id;
  }

  // Which exchanges a node's rows reach first; from the outputs to the inputs.
  void FindWhatLeadsToExchanges() {
    for (size_t index = nodes_.size(); index-- > 0;) {
      CircuitNode& node = nodes_[index];
      for (const CircuitEdge& edge : node.successors) {
        const CircuitNode& to = nodes_[edge.to.value()];
        if (to.kind == CircuitNode::Kind::kExchange) {
          node.leads_to.push_back(to.exchange);
        } else {
          node.leads_to.insert(node.leads_to.end(), to.leads_to.begin(), to.leads_to.end());
        }
      }
      std::sort(node.leads_to.begin(), node.leads_to.end());
      node.leads_to.erase(std::unique(node.leads_to.begin(), node.leads_to.end()), node.leads_to.end());
    }
  }

  std::unique_ptr<Operator> Wrap(std::unique_ptr<Operator> op, const std::string& name,
                                 const std::vector<NodeId>& inputs, const Schema& schema) {
    if (!options_.checked) return op;
    std::vector<Schema> input_schemas;
    for (NodeId input : inputs) {
      CHECK_LT(input.value(), nodes_.size()) << "an input of " << name << " does not exist";
      input_schemas.push_back(nodes_[input.value()].schema);
    }
    return std::make_unique<CheckingOperator>(name, std::move(op), std::move(input_schemas), schema,
                                              options_.output_row_budget);
  }

  std::unique_ptr<Circuit> Build() {
    FindWhatLeadsToExchanges();
    uint32_t stage_count = 1;
    for (CircuitNode& node : nodes_) {
      stage_count = std::max(stage_count, node.stage.value() + 1);
      if (node.op != nullptr && options_.clock != nullptr) {
        auto measured = std::make_unique<MeasuringOperator>(std::move(node.op), options_.clock);
        node.measured = measured.get();
        node.op = std::move(measured);
      }
    }
    Circuit::Options options;
    options.shard = options_.shard;
    options.shard_count = options_.shard_count;
    options.own_window_bytes = options_.own_window_bytes;
    return std::make_unique<Circuit>(options, std::move(nodes_), std::move(sources_), std::move(exchanges_),
                                     stage_count);
  }

  const Schema& SchemaOf(NodeId node) const { return nodes_[node.value()].schema; }
  void AddToSources(NodeId node) { sources_.push_back(node); }

 private:
  // With one shard nobody sends into an exchange: what reads it is fed by the exchange's own input.
  CircuitNode& Producer(NodeId input) {
    for (auto pass = passes_.rbegin(); pass != passes_.rend(); ++pass) {
      if (pass->first == input) input = pass->second;
    }
    return nodes_[input.value()];
  }

  const Options options_;
  std::vector<CircuitNode> nodes_;
  std::vector<NodeId> sources_;
  std::vector<NodeId> exchanges_;
  std::vector<std::pair<NodeId, NodeId>> passes_;  // an exchange and its input, ascending; only with one shard
};

CircuitBuilder::CircuitBuilder(Options options) : impl_(std::make_unique<Impl>(options)) {}
CircuitBuilder::~CircuitBuilder() = default;

NodeId CircuitBuilder::AddSource(std::string name, std::unique_ptr<Source> source, Schema schema) {
  CircuitNode node;
  node.kind = CircuitNode::Kind::kSource;
  node.name = std::move(name);
  node.schema = std::move(schema);
  node.source = std::move(source);
  NodeId id = impl_->Add(std::move(node), {});
  impl_->AddToSources(id);
  return id;
}

NodeId CircuitBuilder::AddOperator(std::string name, std::unique_ptr<Operator> op, std::vector<NodeId> inputs,
                                   Schema schema) {
  CHECK(op != nullptr) << name;
  CircuitNode node;
  node.kind = CircuitNode::Kind::kOperator;
  node.op = impl_->Wrap(std::move(op), name, inputs, schema);
  node.name = std::move(name);
  node.schema = std::move(schema);
  return impl_->Add(std::move(node), inputs);
}

NodeId CircuitBuilder::AddExchange(std::string name, NodeId input, Distribution distribution, KeyColumns key,
                                   uint32_t partition_count) {
  return impl_->AddExchange(std::move(name), input, distribution, std::move(key), partition_count);
}

const Schema& CircuitBuilder::SchemaOf(NodeId node) const { return impl_->SchemaOf(node); }

std::unique_ptr<Circuit> CircuitBuilder::Build() { return impl_->Build(); }

}  // namespace freshet
