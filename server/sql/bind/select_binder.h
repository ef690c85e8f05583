// Binds one SELECT.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/sql/bind/aggregation.h"
#include "server/sql/bind/expression_writer.h"
#include "server/sql/bind/from_binder.h"
#include "server/sql/bind/subquery_joiner.h"

namespace freshet {

class SelectBinder : private ExpressionSpecials {
 public:
  // `outer`: the names of the query around it, which WHERE may compare with; nullptr: none. With a domain they may
  // stand everywhere.
  SelectBinder(QueryBinder& queries, const Query& query, const NameScope* outer, const Domain* domain = nullptr)
      : queries_(queries),
        query_(query),
        domain_(domain),
        scope_(outer),
        aggregation_(queries.names(), queries.errors()) {}

  // The whole query. No value: errors were added.
  std::optional<BoundQuery> Bind();

  // --- The parts, for subqueries that become joins ---

  // FROM and WHERE. false: errors were added.
  bool BindFromWhere();
  Subject& subject() { return subject_; }
  // Conditions of WHERE that read the query around it.
  const std::vector<v1::Expression>& correlated() const { return correlated_; }
  bool IsAggregated() const;
  // An expression of the SELECT list or HAVING: over the columns of FROM, or over those of aggregates().
  std::optional<v1::Expression> WriteValue(const Syntax& syntax);
  Aggregation& aggregation() { return aggregation_; }
  // Adds what subqueries of written values give to the subject, which by then has what they are compared with.
  bool JoinPending(Subject* subject);

 private:
  struct Pending {
    const Syntax* subquery;
    std::optional<v1::Expression> operand;
    std::string column;
  };
  struct Item {
    std::string name;
    uint32_t offset = 0;
    SyntaxRef syntax;  // nullptr: `column`
    std::string column;
  };

  std::optional<v1::Expression> WriteAggregate(const Syntax& call) override;
  std::optional<v1::Expression> WriteSubquery(const Syntax& subquery) override;

  bool BindWhere(const Syntax& where, std::vector<v1::Expression>* conditions, std::vector<const Syntax*>* subqueries);
  bool ExpandItems();
  bool ExpandStar(const SelectItem& item);
  bool BindGroupBy();
  std::optional<v1::Expression> WriteKey(const Syntax& key);
  std::optional<v1::Expression> WriteGrouping(const Syntax& call);
  const Item* GroupedItem(const Syntax& syntax, bool* failed);
  std::optional<BoundQuery> BindPlain();
  std::optional<BoundQuery> BindAggregated();
  std::optional<BoundQuery> Finish(v1::Node input, std::vector<v1::Expression> values);
  std::optional<v1::Expression> WriteItem(const Item& item);
  // ORDER BY and DISTINCT ON.
  bool BindOrder(std::vector<v1::Expression>* values);
  std::optional<size_t> ValueOf(const Syntax& key, std::string_view clause, std::vector<v1::Expression>* values);
  OuterNames outer_names() const { return domain_ != nullptr ? OuterNames::kTaken : OuterNames::kRefused; }
  std::vector<std::string> DomainColumns() const;
  Subject MakeGroups();
  bool Fail(ErrorCode code, uint32_t offset, std::string message, std::string suggestion = "");

  QueryBinder& queries_;
  const Query& query_;
  const Domain* domain_;
  NameScope scope_;
  Subject subject_;
  std::vector<v1::Expression> correlated_;
  std::vector<Item> items_;
  // Places in the values: those of items_, then expressions that only ORDER BY or DISTINCT ON name.
  std::vector<size_t> order_, distinct_on_;
  Aggregation aggregation_;
  std::vector<Pending> pending_;
  // Values are over groups: a subquery waits until they are there.
  bool over_groups_ = false;
  bool is_one_group_ = false;  // of all rows, and so of none
  bool rewrites_ = false;      // written expressions are to be rewritten over keys and calls
  bool inside_call_ = false;
};

}  // namespace freshet
