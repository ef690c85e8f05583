// Grows a subject: by what is joined to it, and by computed columns.
#pragma once

#include <string>
#include <vector>

#include "server/sql/bind/domain.h"

namespace freshet {

// `columns` are those of the rows that are read further on.
void JoinToSubject(v1::JoinKind kind, v1::Node rows, std::vector<v1::Expression> conditions,
                   const std::vector<std::string>& columns, Subject* subject);
void AddToSubject(const std::string& column, v1::Expression value, Subject* subject);
// Forgets the errors from `first` on if they only say that a way to bind something is not built, so that another one
// can be tried.
bool ForgetUnsupported(size_t first, std::vector<ExpressionError>* errors);

}  // namespace freshet
