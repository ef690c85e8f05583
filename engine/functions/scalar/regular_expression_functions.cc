// Operators and functions of regular expressions.
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "engine/base/str_cat.h"
#include "engine/expr/kernel_loops.h"
#include "engine/functions/scalar/families.h"
#include "engine/functions/scalar/regular_expression.h"

namespace freshet {
namespace {

using Use = RegularExpression::Use;

absl::StatusOr<RegularExpression> Compile(std::string_view pattern, std::string_view letters, bool ignore_case,
                                          Use use) {
  RegularExpressionFlags flags;
  flags.ignore_case = ignore_case;
  if (absl::Status status = AddRegularExpressionFlags(letters, &flags); !status.ok()) return status;
  if (flags.global && use == Use::kFind) return absl::InvalidArgumentError("the option g is of regexp_replace only");
  return RegularExpression::Make(pattern, flags, use);
}

// What was compiled lately. A kernel has no state of its own, and compiling takes longer than matching a short batch.
class CompiledExpressions {
 public:
  // nullptr: it is wrong. Until the next call.
  const RegularExpression* Of(std::string_view pattern, std::string_view letters, bool ignore_case, Use use) {
    Key key{std::string(pattern), std::string(letters), ignore_case, use};
    auto found = compiled_.find(key);
    if (found == compiled_.end()) {
      if (compiled_.size() == kKept) compiled_.clear();
      found = compiled_.emplace(std::move(key), Compile(pattern, letters, ignore_case, use)).first;
    }
    return found->second.ok() ? &*found->second : nullptr;
  }

 private:
  static constexpr size_t kKept = 32;
  using Key = std::tuple<std::string, std::string, bool, Use>;

  std::map<Key, absl::StatusOr<RegularExpression>> compiled_;
};

// The expression of each row of a call.
class RowExpressions {
 public:
  RowExpressions(const Vector& pattern, const Vector* letters, bool ignore_case, Use use)
      : pattern_(pattern), letters_(letters), ignore_case_(ignore_case), use_(use) {}

  // nullptr: it is wrong.
  const RegularExpression* At(uint32_t row) {
    const bool constant = pattern_.constant() && (letters_ == nullptr || letters_->constant());
    if (constant && known_) return expression_;
    static thread_local CompiledExpressions compiled;
    known_ = true;
    return expression_ =
               compiled.Of(pattern_.At<StringCell>(row).view(),
                           letters_ == nullptr ? "" : letters_->At<StringCell>(row).view(), ignore_case_, use_);
  }

 private:
  const Vector& pattern_;
  const Vector* letters_;
  const bool ignore_case_;
  const Use use_;
  bool known_ = false;
  const RegularExpression* expression_ = nullptr;
};

template <bool kIgnoreCase, bool kNegated>
void FindKernel(KernelCall& call) {
  RowExpressions expressions(call.argument(1), call.argument_count() > 2 ? &call.argument(2) : nullptr, kIgnoreCase,
                             Use::kFind);
  ComputeRows<uint8_t>(call, [&](uint32_t row) {
    const RegularExpression* expression = expressions.At(row);
    if (expression == nullptr) {
      call.Fail(row, CellError::kInvalidArgument);
      return uint8_t{0};
    }
    return static_cast<uint8_t>(expression->Finds(call.argument(0).At<StringCell>(row).view()) != kNegated);
  });
}

void ReplaceKernel(KernelCall& call) {
  RowExpressions expressions(call.argument(1), call.argument_count() > 3 ? &call.argument(3) : nullptr, false,
                             Use::kReplace);
  std::string& out = call.scratch();
  ComputeRows<StringCell>(call, [&](uint32_t row) {
    const RegularExpression* expression = expressions.At(row);
    if (expression == nullptr) {
      call.Fail(row, CellError::kInvalidArgument);
      return StringCell();
    }
    out.clear();
    expression->Replace(call.argument(0).At<StringCell>(row).view(), call.argument(2).At<StringCell>(row).view(), &out);
    return call.TextOrFail(row, out);
  });
}

std::string TextOf(const Datum* constant) {
  return constant != nullptr && constant->is_value() ? constant->text_value() : std::string();
}

template <bool kIgnoreCase, Use kUse>
std::string CheckPattern(std::span<const Datum* const> constants) {
  if (constants[1] == nullptr || !constants[1]->is_value()) return "";
  const size_t letters = kUse == Use::kReplace ? 3 : 2;
  const auto compiled =
      Compile(TextOf(constants[1]), letters < constants.size() ? TextOf(constants[letters]) : "", kIgnoreCase, kUse);
  return compiled.ok() ? "" : std::string(compiled.status().message());
}

}  // namespace

void AddRegularExpressionFunctions(ScalarFunctionList* list) {
  constexpr TypeKind kText = TypeKind::kText;
  auto add = [&](std::string_view name, size_t arguments, TypeKind result, ScalarKernel kernel, ConstantCheck check,
                 std::string_view doc) {
    ScalarFunction function{name, std::vector<TypeKind>(arguments, kText), result, kernel, doc};
    function.check = check;
    list->push_back(std::move(function));
  };
  constexpr TypeKind kBoolean = TypeKind::kBoolean;
  add("~", 2, kBoolean, FindKernel<false, false>, CheckPattern<false, Use::kFind>,
      "Whether a regular expression matches somewhere in the text.");
  add("~*", 2, kBoolean, FindKernel<true, false>, CheckPattern<true, Use::kFind>, "The same without regard to case.");
  add("!~", 2, kBoolean, FindKernel<false, true>, CheckPattern<false, Use::kFind>,
      "Whether a regular expression matches nowhere in the text.");
  add("!~*", 2, kBoolean, FindKernel<true, true>, CheckPattern<true, Use::kFind>, "The same without regard to case.");
  add("regexp_like", 2, kBoolean, FindKernel<false, false>, CheckPattern<false, Use::kFind>,
      "Whether a regular expression matches somewhere in the text.");
  add("regexp_like", 3, kBoolean, FindKernel<false, false>, CheckPattern<false, Use::kFind>,
      "The same with options: i without regard to case, n for lines, q for plain text.");
  add("regexp_replace", 3, kText, ReplaceKernel, CheckPattern<false, Use::kReplace>,
      "The text with the first match of a regular expression replaced; \\1 to \\9 are its groups, \\& is the match.");
  add("regexp_replace", 4, kText, ReplaceKernel, CheckPattern<false, Use::kReplace>,
      "The same with options: g for all matches, i without regard to case, n for lines, q for plain text.");
}

}  // namespace freshet
