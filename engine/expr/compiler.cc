#include "engine/expr/compiler.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "engine/columnar/array.h"
#include "engine/expr/logic_kernels.h"
#include "engine/expr/run.h"
#include "engine/expr/value_set.h"

// Walks each expression once, bottom up, numbering values: a register stands for (kernel, type, argument registers), so
// a common subexpression is found by looking its number up. Numbers hold for a selection and for the selections inside
// of it. Branches that are cheap to compute for all rows are computed so, in the selection around them, because errors
// are cells: an error in a branch that is not taken vanishes with its cell. The others get a selection of their own.

namespace freshet {
namespace {

constexpr std::string_view kCheapFunctions[] = {"=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "cast"};
constexpr size_t kCheapTextFunctions = 6;  // the comparisons

bool ComputesInLanes(TypeKind kind) { return kind != TypeKind::kText && kind != TypeKind::kNumeric; }

// Whether computing the expression for rows that do not need it costs less than finding the rows that do.
bool IsCheap(const Expression& expression) {
  if (expression.kind == ExpressionKind::kColumn || expression.kind == ExpressionKind::kLiteral) return true;
  if (expression.kind == ExpressionKind::kCall) {
    auto known = std::find(std::begin(kCheapFunctions), std::end(kCheapFunctions), expression.function->name);
    if (known == std::end(kCheapFunctions)) return false;
    bool text_is_cheap = known - std::begin(kCheapFunctions) < static_cast<ptrdiff_t>(kCheapTextFunctions);
    if (!ComputesInLanes(expression.type.kind)) return false;
    for (TypeKind kind : expression.function->arguments) {
      if (!ComputesInLanes(kind) && !(text_is_cheap && kind == TypeKind::kText)) return false;
    }
  }
  // Long chains of choices are not cheap even where each part is.
  if (expression.arguments.size() > 4) return false;
  return std::all_of(expression.arguments.begin(), expression.arguments.end(), IsCheap);
}

// Whether it is an OR of equalities of one value with many constants.
bool AsksForOneOf(const Expression& expression) {
  constexpr size_t kFewestConstants = 8;  // fewer comparisons are as fast as a search
  if (expression.arguments.size() < kFewestConstants) return false;
  const Expression& first = expression.arguments[0];
  if (first.kind != ExpressionKind::kCall || first.function->name != "=") return false;
  // A set finds by bytes.
  if (!HasOneForm(first.arguments[0].type) || !HasOneForm(first.arguments[1].type)) return false;
  const std::string value = FormatExpression(first.arguments[0]);
  return std::all_of(expression.arguments.begin(), expression.arguments.end(), [&](const Expression& argument) {
    return argument.kind == ExpressionKind::kCall && argument.function == first.function &&
           argument.arguments[1].kind == ExpressionKind::kLiteral && !argument.arguments[1].literal.is_error() &&
           argument.arguments[1].type == first.arguments[1].type && FormatExpression(argument.arguments[0]) == value;
  });
}

uint64_t PackType(DataType type) {
  return static_cast<uint64_t>(type.kind) | (uint64_t{type.precision} << 8) | (uint64_t{type.scale} << 16) |
         (uint64_t{type.padded} << 24) | (static_cast<uint64_t>(type.element) << 25) | (uint64_t{type.length} << 32);
}

class Compiler {
 public:
  explicit Compiler(std::span<const DataType> inputs) : inputs_(inputs), numbers_(1), parents_{kAllRows} {}

  ProgramCode Compile(std::span<const Expression> outputs) {
    for (const Expression& output : outputs) {
      RegisterId id = CompileIn(output, kAllRows);
      code_.registers[id].is_output = true;
      code_.outputs.push_back(id);
    }
    code_.selection_count = static_cast<uint32_t>(parents_.size());
    FindReleases();
    return std::move(code_);
  }

 private:
  // What a register holds. Begins with the kernel's address, or one of these.
  using Number = std::vector<uint64_t>;
  static constexpr uint64_t kInputNumber = 0;
  static constexpr uint64_t kMergeNumber = 1;

  RegisterId CompileIn(const Expression& expression, SelectionId selection) {
    const std::vector<Expression>& arguments = expression.arguments;
    switch (expression.kind) {
      case ExpressionKind::kColumn:
        return InputOf(expression);
      case ExpressionKind::kLiteral:
        return ConstantOf(expression.literal, expression.type);
      case ExpressionKind::kCall:
        return CompileCall(expression, selection);
      case ExpressionKind::kAnd:
        return CompileChain(expression, AndKernel, BranchTest::kIsNotFalse, LateArgument::kJoins, selection);
      case ExpressionKind::kOr:
        if (AsksForOneOf(expression)) return CompileOneOf(expression, selection);
        return CompileChain(expression, OrKernel, BranchTest::kIsNotTrue, LateArgument::kJoins, selection);
      case ExpressionKind::kNot:
        CheckArguments(expression, 1);
        return EmitKernel(NotKernel, expression.type, {CompileIn(arguments[0], selection)}, selection);
      case ExpressionKind::kCase:
        return CompileCase(expression, selection);
      case ExpressionKind::kCoalesce:
        return CompileChain(expression, CoalesceKernel, BranchTest::kIsNull, LateArgument::kReplaces, selection);
      case ExpressionKind::kIfError:
        CheckArguments(expression, 2);
        return CompileChain(expression, IfErrorKernel, BranchTest::kIsError, LateArgument::kReplaces, selection);
      case ExpressionKind::kNullIf:
        return CompilePair(expression, NullIfKernel, selection);
      case ExpressionKind::kIsDistinctFrom:
        return CompilePair(expression, IsDistinctFromKernel, selection);
      case ExpressionKind::kIsNull:
        CheckArguments(expression, 1);
        return EmitKernel(IsNullKernel, expression.type, {CompileIn(arguments[0], selection)}, selection);
    }
    __builtin_unreachable();
  }

  static void CheckArguments(const Expression& expression, size_t count) {
    CHECK_EQ(expression.arguments.size(), count) << FormatExpression(expression);
  }

  void CheckType(const Expression& expression, RegisterId id, DataType type) {
    CHECK(PhysicalOf(code_.registers[id].type.kind) == PhysicalOf(type.kind))
        << FormatExpression(expression) << " has an argument of type " << code_.registers[id].type << " for " << type;
  }

  RegisterId InputOf(const Expression& expression) {
    uint32_t column = expression.column.value();
    CHECK_LT(column, inputs_.size()) << FormatExpression(expression);
    CHECK(PhysicalOf(inputs_[column].kind) == PhysicalOf(expression.type.kind)) << FormatExpression(expression);
    Number number = {kInputNumber, PackType(expression.type), column};
    if (auto known = FindNumber(number, kAllRows)) return *known;
    RegisterId id = NewRegister(RegisterOrigin::kInput, expression.type);
    code_.registers[id].input = column;
    numbers_[kAllRows].emplace(std::move(number), id);
    return id;
  }

  RegisterId ConstantOf(const Datum& datum, DataType type) {
    // By text, since 1.0 and 1.00, or 0 and -0, are equal but not the same.
    std::string key = (datum.is_value() ? "v" : "n") + FormatDatum(datum, type);
    auto [entry, is_new] = constants_.try_emplace({PackType(type), std::move(key)}, 0);
    if (is_new) {
      ColumnBuilder builder(type, 1);
      AppendDatum(datum, builder);
      entry->second = NewConstant(builder.Finish());
    }
    return entry->second;
  }

  RegisterId NewConstant(Column cell) {
    RegisterId id = NewRegister(RegisterOrigin::kConstant, cell.type());
    code_.registers[id].constant = std::move(cell);
    return id;
  }

  RegisterId NewRegister(RegisterOrigin origin, DataType type) {
    Register& added = code_.registers.emplace_back();
    added.origin = origin;
    added.type = type;
    return static_cast<RegisterId>(code_.registers.size() - 1);
  }

  SelectionId NewSelection(SelectionId parent) {
    numbers_.emplace_back();
    parents_.push_back(parent);
    return static_cast<SelectionId>(parents_.size() - 1);
  }

  std::optional<RegisterId> FindNumber(const Number& number, SelectionId selection) {
    for (;; selection = parents_[selection]) {
      auto known = numbers_[selection].find(number);
      if (known != numbers_[selection].end()) return known->second;
      if (selection == kAllRows) return std::nullopt;
    }
  }

  RegisterId CompileCall(const Expression& expression, SelectionId selection) {
    const ScalarFunction& function = *expression.function;
    CheckArguments(expression, function.arguments.size());
    CHECK(!function.result || function.result == expression.type.kind) << FormatExpression(expression);
    std::vector<RegisterId> arguments;
    for (size_t i = 0; i < expression.arguments.size(); ++i) {
      arguments.push_back(CompileIn(expression.arguments[i], selection));
      CheckType(expression, arguments.back(), DataType{function.arguments[i]});
    }
    return EmitKernel(function.kernel, expression.type, std::move(arguments), selection,
                      function.strict ? Invalidity::kStrict : Invalidity::kErrors);
  }

  // x = a OR x = b OR ...: one look into a set.
  RegisterId CompileOneOf(const Expression& expression, SelectionId selection) {
    const Expression& first = expression.arguments[0];
    std::vector<Datum> values;
    std::string key;
    for (const Expression& argument : expression.arguments) {
      values.push_back(argument.arguments[1].literal);
      // With its length in front, so that two lists never look alike.
      const std::string text = FormatDatum(values.back(), first.arguments[0].type);
      key += std::to_string(text.size()) + (values.back().is_value() ? "v" : "n") + text;
    }
    const RegisterId value = CompileIn(first.arguments[0], selection);
    CheckType(expression, value, DataType{first.function->arguments[0]});
    const DataType type = first.arguments[1].type;
    const uint64_t set = sets_.try_emplace({PackType(type), std::move(key)}, sets_.size()).first->second;
    Instruction instruction;
    instruction.set = std::make_shared<ValueSet>(type, values);
    instruction.kernel = IsOneOfKernel;
    instruction.invalidity = Invalidity::kStrict;
    instruction.arguments = {value};
    return EmitInstruction({reinterpret_cast<uint64_t>(IsOneOfKernel), set, value}, std::move(instruction),
                           expression.type, selection);
  }

  RegisterId CompilePair(const Expression& expression, ScalarKernel kernel, SelectionId selection) {
    CheckArguments(expression, 2);
    RegisterId first = CompileIn(expression.arguments[0], selection);
    RegisterId second = CompileIn(expression.arguments[1], selection);
    CheckType(expression, second, code_.registers[first].type);
    return EmitKernel(kernel, expression.type, {first, second}, selection);
  }

  RegisterId EmitKernel(ScalarKernel kernel, DataType type, std::vector<RegisterId> arguments, SelectionId selection,
                        Invalidity invalidity = Invalidity::kKernel) {
    Number number = {reinterpret_cast<uint64_t>(kernel), PackType(type)};
    number.insert(number.end(), arguments.begin(), arguments.end());
    Instruction instruction;
    instruction.kernel = kernel;
    instruction.invalidity = invalidity;
    instruction.arguments = std::move(arguments);
    return EmitInstruction(std::move(number), std::move(instruction), type, selection);
  }

  // The register that has the number already, or a new one.
  RegisterId EmitInstruction(Number number, Instruction instruction, DataType type, SelectionId selection) {
    if (auto known = FindNumber(number, selection)) return *known;
    instruction.selection = selection;
    bool is_constant = std::all_of(instruction.arguments.begin(), instruction.arguments.end(), [&](RegisterId id) {
      return code_.registers[id].origin == RegisterOrigin::kConstant;
    });
    RegisterId id = is_constant ? NewConstant(Fold(instruction, type)) : Emit(std::move(instruction), type);
    numbers_[is_constant ? kAllRows : selection].emplace(std::move(number), id);
    return id;
  }

  Column Fold(const Instruction& instruction, DataType type) {
    std::vector<Vector> vectors;
    for (RegisterId id : instruction.arguments) vectors.emplace_back(code_.registers[id].constant, false);
    std::vector<const Vector*> arguments;
    for (const Vector& vector : vectors) arguments.push_back(&vector);
    Cells cells;
    RunKernel(instruction, 1, Selection(), arguments, type, fold_pool_, true, cells);
    if (cells.valid && (cells.valid.as<uint64_t>()[0] & 1) != 0) cells.valid = BufferRef();
    if (!cells.valid || cells.errors.as<uint8_t>() == nullptr || cells.errors.as<uint8_t>()[0] == 0) {
      cells.errors = BufferRef();
    }
    return Column(type, 1, std::move(cells.values), std::move(cells.valid), std::move(cells.errors),
                  std::move(cells.heaps));
  }

  RegisterId Emit(Instruction instruction, DataType type) {
    instruction.result = NewRegister(RegisterOrigin::kInstruction, type);
    code_.instructions.push_back(std::move(instruction));
    return code_.instructions.back().result;
  }

  // Where an argument was computed only for the rows that still need it: whether the kernel puts it together with what
  // is known there (AND, OR), or it is the result there (COALESCE, IF_ERROR).
  enum class LateArgument : uint8_t { kJoins, kReplaces };

  // Each argument joins what is known so far; an expensive one only for the rows that it can still change: those where
  // the test holds.
  RegisterId CompileChain(const Expression& expression, ScalarKernel kernel, BranchTest needed, LateArgument late,
                          SelectionId selection) {
    CHECK(!expression.arguments.empty()) << FormatExpression(expression);
    RegisterId so_far = CompileIn(expression.arguments[0], selection);
    CheckType(expression, so_far, expression.type);
    for (size_t i = 1; i < expression.arguments.size(); ++i) {
      const Expression& argument = expression.arguments[i];
      const bool cheap = IsCheap(argument);
      const auto [open, decided] = cheap ? std::pair(selection, selection) : EmitBranch(so_far, needed, selection);
      RegisterId next = CompileIn(argument, open);
      CheckType(expression, next, expression.type);
      if (cheap || late == LateArgument::kJoins) next = EmitKernel(kernel, expression.type, {so_far, next}, open);
      so_far = cheap ? next : EmitMerge(expression.type, {{next, open}, {so_far, decided}}, {}, selection);
    }
    return so_far;
  }

  RegisterId CompileCase(const Expression& expression, SelectionId selection) {
    const std::vector<Expression>& arguments = expression.arguments;
    CHECK(arguments.size() >= 3 && arguments.size() % 2 == 1) << FormatExpression(expression);
    if (IsCheap(expression)) {
      RegisterId condition = CompileIn(arguments[0], selection);
      RegisterId first = CompileIn(arguments[1], selection);
      RegisterId second = CompileIn(arguments[2], selection);
      CheckType(expression, condition, DataType{TypeKind::kBoolean});
      CheckType(expression, first, expression.type);
      CheckType(expression, second, expression.type);
      return EmitKernel(ChooseKernel, expression.type, {condition, first, second}, selection);
    }
    std::vector<Piece> pieces;
    std::vector<Piece> conditions;
    SelectionId open = selection;
    size_t i = 0;
    for (; i + 1 < arguments.size(); i += 2) {
      RegisterId condition = CompileIn(arguments[i], open);
      CheckType(expression, condition, DataType{TypeKind::kBoolean});
      auto [taken, rest] = EmitBranch(condition, BranchTest::kIsTrue, open);
      pieces.push_back({CompilePiece(expression, arguments[i + 1], selection, taken), taken});
      conditions.push_back({condition, open});
      open = rest;
    }
    pieces.push_back({CompilePiece(expression, arguments[i], selection, open), open});
    return EmitMerge(expression.type, std::move(pieces), std::move(conditions), selection);
  }

  RegisterId CompilePiece(const Expression& whole, const Expression& branch, SelectionId outer, SelectionId inner) {
    RegisterId id = CompileIn(branch, IsCheap(branch) ? outer : inner);
    CheckType(whole, id, whole.type);
    return id;
  }

  std::pair<SelectionId, SelectionId> EmitBranch(RegisterId condition, BranchTest test, SelectionId selection) {
    auto [known, is_new] = branches_.try_emplace({condition, test, selection});
    if (!is_new) return known->second;
    Instruction instruction;
    instruction.step = Step::kBranch;
    instruction.selection = selection;
    instruction.arguments = {condition};
    instruction.test = test;
    instruction.taken = NewSelection(selection);
    instruction.rest = NewSelection(selection);
    known->second = {instruction.taken, instruction.rest};
    code_.instructions.push_back(std::move(instruction));
    return known->second;
  }

  struct Piece {
    RegisterId id;
    SelectionId selection;
  };

  RegisterId EmitMerge(DataType type, std::vector<Piece> pieces, std::vector<Piece> conditions, SelectionId selection) {
    Instruction instruction;
    instruction.step = Step::kMerge;
    instruction.selection = selection;
    instruction.piece_count = static_cast<uint32_t>(pieces.size());
    pieces.insert(pieces.end(), conditions.begin(), conditions.end());
    Number number = {kMergeNumber, PackType(type), instruction.piece_count};
    for (const Piece& piece : pieces) {
      instruction.arguments.push_back(piece.id);
      instruction.argument_selections.push_back(piece.selection);
      number.insert(number.end(), {piece.id, piece.selection});
    }
    if (auto merged = FindNumber(number, selection)) return *merged;
    RegisterId id = Emit(std::move(instruction), type);
    numbers_[selection].emplace(std::move(number), id);
    return id;
  }

  // A result is released after the last instruction that reads it.
  void FindReleases() {
    std::vector<bool> is_read(code_.registers.size());
    for (size_t i = code_.instructions.size(); i-- > 0;) {
      Instruction& instruction = code_.instructions[i];
      for (RegisterId id : instruction.arguments) {
        const Register& argument = code_.registers[id];
        if (is_read[id] || argument.is_output || argument.origin != RegisterOrigin::kInstruction) continue;
        is_read[id] = true;
        instruction.released.push_back(id);
      }
    }
  }

  std::span<const DataType> inputs_;
  ProgramCode code_;
  BufferPool fold_pool_;
  std::vector<std::map<Number, RegisterId>> numbers_;  // by selection
  std::vector<SelectionId> parents_;
  std::map<std::pair<uint64_t, std::string>, RegisterId> constants_;
  std::map<std::pair<uint64_t, std::string>, uint64_t> sets_;  // numbers of sets, by type and values
  std::map<std::tuple<RegisterId, BranchTest, SelectionId>, std::pair<SelectionId, SelectionId>> branches_;
};

}  // namespace

ProgramCode CompileProgram(std::span<const DataType> inputs, std::span<const Expression> outputs) {
  return Compiler(inputs).Compile(outputs);
}

}  // namespace freshet
