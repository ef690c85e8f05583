#include "server/sql/bind/relation_names.h"

#include <algorithm>

namespace freshet {

RelationNames RelationNames::With(std::string name) const {
  if (last_ != nullptr && last_->name == name) return *this;
  return RelationNames(*this, std::move(name));
}

bool RelationNames::Contains(std::string_view name) const {
  for (const Link* link = last_.get(); link != nullptr; link = link->before.get()) {
    if (link->name == name) return true;
  }
  return false;
}

std::vector<std::string> RelationNames::ToVector() const {
  std::vector<std::string> names;
  for (const Link* link = last_.get(); link != nullptr; link = link->before.get()) names.push_back(link->name);
  std::reverse(names.begin(), names.end());
  return names;
}

}  // namespace freshet
