// Prints rows as a table for people: columns as wide as their first thousand values.
#pragma once

#include <string>
#include <vector>

namespace freshet {

class Table {
 public:
  explicit Table(std::vector<std::string> columns);

  // One text a column. Written once it is known how wide the columns are.
  void Add(std::vector<std::string> cells);
  // Writes what waits to standard output.
  void Flush();

 private:
  void Measure();
  void Print(const std::vector<std::string>& cells) const;

  const std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> waiting_;
  std::vector<size_t> widths_;  // empty: not measured yet
  std::vector<bool> numbers_;   // to the right
};

}  // namespace freshet
