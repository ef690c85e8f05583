// Binds FROM: relations, joins and table functions. Inner joins are taken apart into their inputs and conditions, so
// that conditions of WHERE join them as well.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/sql/bind/query_binder.h"

namespace freshet {

// A node on its way, with the columns that it gives.
struct Subject {
  v1::Node node;
  logical::Columns columns;
};

class FromBinder {
 public:
  // `preceding`: what table functions may read besides; not owned, may be nullptr.
  FromBinder(QueryBinder& queries, const NameScope* outer, const NameScope* preceding)
      : queries_(queries), scope_(outer), preceding_(preceding) {}

  // Adds an item to those so far. false: errors were added.
  bool Add(const FromItem& item);

  NameScope& scope() { return scope_; }
  // Conditions of inner joins.
  std::vector<v1::Expression>& conditions() { return conditions_; }
  // Joins everything on the conditions; those that read columns of elsewhere are left in `conditions`. No value: errors
  // were added.
  std::optional<Subject> Join(std::vector<v1::Expression>* conditions);

 private:
  struct Piece {
    Subject subject;
    // A table function instead: its call reads columns of other pieces.
    std::optional<v1::Expression> call;
    std::string call_column;
  };

  bool AddQuery(BoundQuery query, const FromItem& item, const std::string& relation);
  bool AddFunction(const FromItem& item);
  bool AddJoin(const FromItem& item);
  bool AddOuterJoin(const FromItem& item, FromBinder& left, FromBinder& right, std::vector<v1::Expression> conditions);
  std::vector<std::string> SharedNames(const FromItem& item, FromBinder& left, FromBinder& right);
  bool AddUsing(const FromItem& item, FromBinder& left, FromBinder& right, std::vector<v1::Expression>* conditions);
  bool CheckRelation(const std::string& relation, uint32_t offset);
  void Take(FromBinder& other);
  size_t NextPiece(const std::vector<Piece>& left, const Subject& joined,
                   const std::vector<v1::Expression>& conditions) const;
  bool Fail(ErrorCode code, uint32_t offset, std::string message, std::string suggestion = "");

  QueryBinder& queries_;
  NameScope scope_;
  const NameScope* preceding_;
  std::vector<Piece> pieces_;
  std::vector<v1::Expression> conditions_;
};

}  // namespace freshet
