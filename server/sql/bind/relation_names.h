// The relations by which a column may be qualified: its table, the views that hand it on, an alias.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace freshet {

// An immutable list, whose copies and extensions share what they have in common: a chain of views costs its length, not
// the square of it.
class RelationNames {
 public:
  RelationNames() = default;
  explicit RelationNames(std::string only) : RelationNames(RelationNames(), std::move(only)) {}

  // The list with one more name behind it, unless it ends in that name.
  RelationNames With(std::string name) const;

  bool empty() const { return last_ == nullptr; }
  bool Contains(std::string_view name) const;
  // In the order in which they were added.
  std::vector<std::string> ToVector() const;
  // Whether both are one list in memory.
  bool SharesAll(const RelationNames& other) const { return last_ == other.last_; }

 private:
  struct Link {
    std::string name;
    std::shared_ptr<const Link> before;
  };

  RelationNames(const RelationNames& before, std::string name)
      : last_(std::make_shared<const Link>(std::move(name), before.last_)) {}

  std::shared_ptr<const Link> last_;
};

}  // namespace freshet
