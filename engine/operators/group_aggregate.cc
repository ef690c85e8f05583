// The first touch of a group in an epoch computes and keeps its row of before; the seal compares with the row of now.
// So the cost of an output is paid once for each group and epoch, however many rows came.
#include "engine/operators/group_aggregate.h"

#include <algorithm>
#include <iterator>

#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "engine/operators/cell_form.h"
#include "engine/operators/column_types.h"
#include "engine/operators/old_new_rows.h"
#include "engine/state/entry_store.h"

namespace freshet {
GroupAggregate::GroupAggregate(Options options)
    : options_(std::move(options)),
      keys_(options_.key, TypesOf(options_.input_types, options_.key), options_.hash_seed, NullKeys::kGroup) {
  EntryLayout layout(TypesOf(options_.input_types, options_.key));
  touched_bit_ = layout.AddBit();
  PlanArguments();
  for (const auto& argument : arguments_) argument->AddSlots(layout);
  table_ = std::make_unique<KeyTable>(std::move(layout));
  for (uint32_t i = 0; i < options_.key.size(); ++i) output_key_.push_back(ColumnIndex(i));
}

// Aggregates over the same argument and filter share what they keep.
void GroupAggregate::PlanArguments() {
  arguments_.push_back(std::make_unique<ArgumentState>(ArgumentState::Options{}));
  for (const Aggregate& aggregate : options_.aggregates) {
    CHECK_EQ(aggregate.function->arguments.size(), aggregate.arguments.size()) << aggregate.function->name;
    CHECK_EQ(aggregate.function->parameters.size(), aggregate.parameters.size()) << aggregate.function->name;
    AggregateForm form;
    ArgumentState& argument = ArgumentFor(StateOptionsFor(aggregate, &form));
    argument.AddNeeds(aggregate.function->needs);
    argument_of_.push_back(&argument);
    forms_.push_back(std::move(form));
  }
}

ArgumentState::Options GroupAggregate::StateOptionsFor(const Aggregate& aggregate, AggregateForm* form) const {
  auto ordered = [&](ColumnIndex column, SortOrder order) {
    return OrderedArgument{column, options_.input_types[column.value()], order};
  };
  std::vector<OrderedArgument> arguments, order;
  for (ColumnIndex column : aggregate.arguments) arguments.push_back(ordered(column, {}));
  for (const OrderedColumn& each : aggregate.order) order.push_back(ordered(each.column, each.order));
  form->type = ResultTypeOf(*aggregate.function, arguments.empty() ? DataType{} : arguments[0].type);
  form->parameters = aggregate.parameters;
  ArgumentState::Options options;
  options.filter = aggregate.filter;
  options.distinct = aggregate.distinct;
  options.append_only = options_.append_only;
  options.rows = RowFormOf(*aggregate.function, arguments, order, &form->argument_parts);
  if (!options.rows.empty() || arguments.empty()) return options;
  options.column = arguments[0].column;
  options.type = arguments[0].type;
  if (arguments.size() == 2) options.second = arguments[1].column;
  return options;
}

ArgumentState& GroupAggregate::ArgumentFor(ArgumentState::Options options) {
  for (const auto& argument : arguments_) {
    const ArgumentState::Options& known = argument->options();
    if (known.column == options.column && known.second == options.second && known.rows == options.rows &&
        known.filter == options.filter && known.distinct == options.distinct) {
      return *argument;
    }
  }
  arguments_.push_back(std::make_unique<ArgumentState>(std::move(options)));
  return *arguments_.back();
}

std::vector<DataType> GroupAggregate::OutputTypes() const {
  std::vector<DataType> types = TypesOf(options_.input_types, options_.key);
  for (const AggregateForm& form : forms_) types.push_back(form.type);
  return types;
}

// --- Rows in ---

Progress GroupAggregate::Push(PortIndex port, const DeltaBatch& batch, Output& out) {
  keys_.Assign(batch);
  CountKeyErrors(batch);
  if (entries_.size() < keys_.size()) entries_.resize(keys_.size());
  // Slice by slice: a group's entry is worked on by all arguments while it is in the nearest cache.
  auto prefetch = [&](uint32_t begin, uint32_t end) {
    for (const auto& argument : arguments_) argument->Prefetch({entries_.data() + begin, end - begin});
  };
  auto add = [&](uint32_t begin, uint32_t end) {
    std::span<Entry* const> entries(entries_.data() + begin, end - begin);
    Touch(entries);
    BatchRows rows{keys_.rows() == nullptr ? nullptr : keys_.rows() + begin, begin, end - begin};
    for (const auto& argument : arguments_) argument->Add(batch, rows, entries.data(), table_->pool());
  };
  table_->FindOrInsert(keys_, entries_.data(), prefetch, add);
  return Progress::kDone;
}

void GroupAggregate::CountKeyErrors(const DeltaBatch& batch) {
  if (options_.errors == nullptr) return;
  for (uint32_t row : keys_.error_rows()) {
    options_.errors->Count(keys_.ErrorOf(row), batch.WeightAt(row), batch, row);
  }
}

void GroupAggregate::Touch(std::span<Entry* const> entries) {
  fresh_.resize(std::max(fresh_.size(), entries.size()));
  size_t fresh = 0;
  for (Entry* entry : entries) {  // no branch: whether a group is met for the first time cannot be predicted
    fresh_[fresh] = entry;
    fresh += touched_bit_.Mark(entry) ? 1 : 0;
  }
  if (fresh > 0) AddTouched({fresh_.data(), fresh});
}

void GroupAggregate::AddTouched(std::span<Entry* const> fresh) {
  existed_.clear();
  for (Entry* entry : fresh) {
    table_->MarkDirty(entry);
    if (Exists(entry)) {
      existed_.push_back(entry);
    } else {
      created_.Add(entry);
    }
  }
  if (!existed_.empty()) touched_.push_back({existed_, Results(existed_)});
}

std::vector<Column> GroupAggregate::Results(std::span<Entry* const> entries) const {
  std::vector<Column> results;
  results.reserve(options_.aggregates.size());
  std::span<const Entry* const> groups(entries);
  for (size_t i = 0; i < options_.aggregates.size(); ++i) {
    results.push_back(options_.aggregates[i].function->compute(*argument_of_[i], forms_[i], groups));
  }
  return results;
}

// --- Changes out ---

bool GroupAggregate::SealsWithoutInput() const { return is_global() && options_.owns_empty_key && !emitted_; }

Progress GroupAggregate::Seal(const SealContext& context, Output& out) {
  if (SealsWithoutInput()) TouchGlobal();
  return EmitTouched(out);
}

Progress GroupAggregate::Resume(Output& out) { return EmitTouched(out); }

void GroupAggregate::TouchGlobal() {
  DeltaBatch nothing(1, {});
  keys_.Assign(nothing);
  Entry* entry;
  table_->FindOrInsert(keys_, &entry);
  Touch({&entry, 1});
}

Progress GroupAggregate::EmitTouched(Output& out) {
  while (touched_sealed_ < touched_.size()) {
    if (out.full()) return Progress::kMore;
    Touched touched = TakeTouched();
    EmitChanges(touched, out);
    Finish(touched.entries);
  }
  while (created_sealed_ < created_.size()) {
    if (out.full()) return Progress::kMore;
    std::span<Entry* const> entries(created_.Block(created_sealed_ / kTouchChunk),
                                    std::min<size_t>(kTouchChunk, created_.size() - created_sealed_));
    EmitCreated(entries, out);
    Finish(entries);
    created_sealed_ += entries.size();
  }
  touched_.clear();
  created_.Clear();
  touched_sealed_ = created_sealed_ = 0;
  return Progress::kDone;
}

// Takes the next chunk; small ones of many slices together, so that the output is not as scattered as the input.
GroupAggregate::Touched GroupAggregate::TakeTouched() {
  size_t end = touched_sealed_ + 1;
  size_t size = touched_[touched_sealed_].entries.size();
  while (end < touched_.size() && size + touched_[end].entries.size() <= kTouchChunk) {
    size += touched_[end++].entries.size();
  }
  std::span<Touched> parts(touched_.data() + touched_sealed_, end - touched_sealed_);
  touched_sealed_ = end;
  if (parts.size() == 1) return std::move(parts[0]);
  Touched all;
  all.entries.reserve(size);
  for (const Touched& part : parts) all.entries.insert(all.entries.end(), part.entries.begin(), part.entries.end());
  std::vector<Column> columns(parts.size());
  for (size_t i = 0; i < options_.aggregates.size(); ++i) {
    for (size_t part = 0; part < parts.size(); ++part) columns[part] = std::move(parts[part].old_results[i]);
    all.old_results.push_back(ConcatColumns(columns));
  }
  for (Touched& part : parts) part = {};
  return all;
}

void GroupAggregate::EmitChanges(const Touched& touched, Output& out) {
  constexpr size_t kAhead = 16;
  bool global = is_global();
  kept_.clear();
  vanished_.clear();
  for (uint32_t i = 0; i < touched.entries.size(); ++i) {
    if (i + kAhead < touched.entries.size()) __builtin_prefetch(touched.entries[i + kAhead]);
    bool exists = global || arguments_[0]->Count(touched.entries[i]) > 0;
    (exists ? kept_ : vanished_).push_back(i);
  }
  if (!vanished_.empty()) EmitVanished(touched, vanished_, out);
  if (!kept_.empty() && !options_.aggregates.empty()) EmitChanged(touched, kept_, out);
}

void GroupAggregate::EmitCreated(std::span<Entry* const> entries, Output& out) {
  constexpr size_t kAhead = 16;
  bool global = is_global();
  appeared_.resize(entries.size());
  size_t appeared = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i + kAhead < entries.size()) __builtin_prefetch(entries[i + kAhead]);
    appeared_[appeared] = entries[i];
    appeared += global || arguments_[0]->Count(entries[i]) > 0 ? 1 : 0;
  }
  appeared_.resize(appeared);
  if (!appeared_.empty()) EmitAppeared(appeared_, out);
  if (global) emitted_ = true;
}

void GroupAggregate::EmitChanged(const Touched& touched, std::span<const uint32_t> places, Output& out) {
  entries_.resize(std::max(entries_.size(), places.size()));
  for (size_t i = 0; i < places.size(); ++i) entries_[i] = touched.entries[places[i]];
  std::vector<Column> results = Results({entries_.data(), places.size()});
  differs_.assign(places.size(), 0);
  for (size_t c = 0; c < results.size(); ++c) {
    MarkDifferentForms(touched.old_results[c], places, results[c], &differs_);
  }
  pairs_.clear();
  old_rows_.clear();
  new_rows_.clear();
  for (uint32_t i = 0; i < places.size(); ++i) {
    if (differs_[i] == 0) continue;
    pairs_.insert(pairs_.end(), 2, entries_[i]);
    old_rows_.push_back(places[i]);
    new_rows_.push_back(i);
  }
  if (pairs_.empty()) return;
  for (size_t c = 0; c < results.size(); ++c) {
    results[c] = PairColumns(touched.old_results[c], old_rows_, results[c], new_rows_);
  }
  BufferRef weights = BufferRef::Of<int64_t>(pairs_.size());
  for (size_t i = 0; i < pairs_.size(); ++i) weights.mutable_as<int64_t>()[i] = i % 2 == 0 ? -1 : 1;
  Emit(KeysOf(pairs_), std::move(results), pairs_, std::move(weights), true, out);
}

void GroupAggregate::EmitAppeared(std::span<Entry* const> entries, Output& out) {
  Emit(KeysOf(entries), Results(entries), entries, {}, false, out);
}

void GroupAggregate::EmitVanished(const Touched& touched, std::span<const uint32_t> places, Output& out) {
  std::vector<Entry*> entries;
  for (uint32_t place : places) entries.push_back(touched.entries[place]);
  std::vector<Column> results;
  for (const Column& column : touched.old_results) results.push_back(GatherColumn(column, places));
  BufferRef weights = BufferRef::Of<int64_t>(entries.size());
  std::fill_n(weights.mutable_as<int64_t>(), entries.size(), -1);
  Emit(KeysOf(entries), std::move(results), entries, std::move(weights), false, out);
}

std::vector<Column> GroupAggregate::KeysOf(std::span<Entry* const> entries) const {
  std::vector<Column> keys;
  keys.reserve(output_key_.size() + options_.aggregates.size());
  std::span<const Entry* const> groups(entries);
  for (uint32_t i = 0; i < output_key_.size(); ++i) keys.push_back(table_->GatherKey(i, groups));
  return keys;
}

void GroupAggregate::Emit(std::vector<Column> columns, std::vector<Column> results, std::span<Entry* const> entries,
                          BufferRef weights, bool paired, Output& out) const {
  std::ranges::move(results, std::back_inserter(columns));
  DeltaBatch batch(static_cast<uint32_t>(entries.size()), std::move(columns), std::move(weights));
  batch.set_paired(paired);
  BufferRef hashes = BufferRef::Of<uint64_t>(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) hashes.mutable_as<uint64_t>()[i] = entries[i]->hash;
  batch.SetHashes(output_key_, std::move(hashes));
  out.Emit(std::move(batch));
}

void GroupAggregate::Finish(std::span<Entry* const> entries) {
  for (Entry* entry : entries) {
    touched_bit_.Clear(entry);
    if (is_global() || arguments_[0]->Count(entry) != 0) continue;
    for (const auto& argument : arguments_) argument->Release(entry, table_->pool());
    table_->Retire(entry);
  }
}

// --- State ---

StateId GroupAggregate::PiecesId(size_t argument) const {
  return {options_.state.node, StrCat(options_.state.slot, "/values ", argument)};
}

void GroupAggregate::SaveDirty(StateWriter& writer) {
  table_->DrainDirty([&](std::span<Entry* const> live, std::span<Entry* const> retired) {
    SaveEntries(*table_, live, retired, options_.state, writer, [&](const Entry* entry, std::string* out) {
      for (const auto& argument : arguments_) argument->Save(entry, out);
    });
    for (size_t i = 0; i < arguments_.size(); ++i) {
      if (arguments_[i]->pieces() == nullptr) continue;
      const StateId id = PiecesId(i);
      PieceWriter pieces(*table_, id, writer);
      for (std::span<Entry* const> entries : {live, retired}) {
        for (Entry* entry : entries) arguments_[i]->pieces()->SavePieces(entry, pieces);
      }
    }
  });
}

absl::Status GroupAggregate::Load(StateReader& reader, VnodeId vnode) {
  RETURN_IF_ERROR(LoadEntries(*table_, options_.hash_seed, options_.state, vnode, reader,
                              [&](Entry* entry, uint32_t piece, std::string_view bytes) {
                                emitted_ |= is_global();
                                for (const auto& argument : arguments_) {
                                  if (!argument->Load(&bytes, entry, table_->pool())) return false;
                                }
                                return bytes.empty() && piece == 0;
                              }));
  for (size_t i = 0; i < arguments_.size(); ++i) {
    Extremes* pieces = arguments_[i]->pieces();
    if (pieces == nullptr) continue;
    const StateId id = PiecesId(i);
    RETURN_IF_ERROR(LoadEntries(*table_, options_.hash_seed, id, vnode, reader,
                                [&](Entry* entry, uint32_t piece, std::string_view bytes) {
                                  return pieces->LoadPiece(bytes, piece, entry, table_->pool());
                                }));
    if (!pieces->EndLoad()) return absl::DataLossError(StrCat("state ", id.node, "/", id.slot, " is not complete"));
  }
  return absl::OkStatus();
}

}  // namespace freshet
