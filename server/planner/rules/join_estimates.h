// How many rows joins are expected to give, from keys and conditions alone: nothing is known of how large tables are.
// What another input refers to by its key is taken to be ten times smaller; a condition keeps a share by its kind.
#pragma once

#include <vector>

#include "server/planner/rules/join_graph.h"

namespace freshet {

class JoinEstimates {
 public:
  explicit JoinEstimates(const JoinGraph& graph);

  // Of one input.
  double RowsOf(size_t input) const { return inputs_[input].rows * inputs_[input].share; }
  bool HasOneRow(size_t input) const { return inputs_[input].one_row; }
  // Of `others`, which give `rows`, joined with an input.
  double JoinedRows(JoinInputs others, double rows, size_t input) const;

 private:
  struct Input {
    double rows = 100;  // without conditions
    double share = 1;   // of them that its conditions keep
    bool one_row = false;
  };
  // Whether the columns by which an input can be joined with others tell its rows apart; how many classes they are of.
  bool IsUniqueAmong(JoinInputs others, size_t input, size_t* equal_columns) const;
  bool RefersTo(size_t many, size_t one) const;
  void RankInputs();
  bool MeetsKeyOf(JoinInputs others, size_t input) const;
  double DistinctOf(const std::vector<uint32_t>& members) const;

  const JoinGraph& graph_;
  std::vector<Input> inputs_;
  std::vector<JoinInputs> class_inputs_;
  std::vector<JoinInputs> references_;  // of each input: the inputs that it refers to by their keys
  std::vector<double> distinct_;        // values of each class
};

// The share of rows for which a condition is expected to be true.
double ExpectedShare(const Expression& condition);

}  // namespace freshet
