// Binds FROM: relations, joins and table functions. Inner joins are taken apart into their inputs and conditions, so
// that conditions of WHERE join them as well.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/sql/bind/query_binder.h"

namespace freshet {

class FromBinder {
 public:
  // `preceding`: what table functions may read besides; not owned, may be nullptr.
  FromBinder(QueryBinder& queries, const NameScope* outer, const NameScope* preceding)
      : queries_(queries), scope_(outer), preceding_(preceding) {}

  // Adds the combinations that a correlated query is computed for, in front of all items.
  void AddDomain(const Domain& domain);
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
    // A query instead that takes values from other pieces.
    std::optional<DependentQuery> dependent;

    // The columns of other pieces that it reads.
    logical::Columns Needs() const;
    bool needs_others() const { return call.has_value() || dependent.has_value(); }
  };

  bool AddSubquery(const FromItem& item);
  bool AddQuery(BoundQuery query, const FromItem& item, const std::string& relation);
  NameScope VisibleScope() const;
  bool JoinDependent(Piece piece, v1::JoinKind kind, std::vector<v1::Expression> conditions, Subject* joined);
  bool AddFunction(const FromItem& item);
  bool AddJoin(const FromItem& item);
  // What a bare name of USING means in a full join: the column of the side that has a row.
  struct Merged {
    std::string column;
    v1::Expression left, right;
  };
  bool AddOuterJoin(const FromItem& item, FromBinder& left, FromBinder& right, std::vector<v1::Expression> conditions,
                    std::vector<Merged> merged);
  std::vector<std::string> SharedNames(const FromItem& item, FromBinder& left, FromBinder& right);
  bool AddUsing(const FromItem& item, FromBinder& left, FromBinder& right, std::vector<Merged>* full,
                std::vector<v1::Expression>* conditions);
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
