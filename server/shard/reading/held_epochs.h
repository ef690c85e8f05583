// Keeps epochs readable for the pages that still want them, as long as time and the memory for old rows allow.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "engine/base/ids.h"
#include "engine/views/view_store.h"

namespace freshet {

// On the compute thread.
class HeldEpochs {
 public:
  struct Options {
    int64_t hold_micros = 60'000'000;
    uint64_t old_versions_bytes = 64u << 20;
  };

  HeldEpochs(Options options, std::vector<ViewStore*> views) : options_(options), views_(std::move(views)) {}
  ~HeldEpochs();

  // Epochs from `needed` on stay readable in all views; those from `oldest` on as far as the memory goes.
  void Keep(Epoch oldest, Epoch needed);
  // Holds one epoch of one view from now on for the time of the options; again: anew. It must be readable.
  void Hold(ViewId view, Epoch epoch, int64_t now_micros);
  // Gives up what is too old, and the oldest where memory is short, in bounded steps. Call it now and then, at the
  // latest at NextWakeMicros. True: it has more to do.
  bool Relax(int64_t now_micros);
  // When the next hold ends; INT64_MAX: there is none.
  int64_t NextWakeMicros() const { return holds_.empty() ? INT64_MAX : holds_.front().until_micros; }

  uint64_t version_bytes() const;

 private:
  struct Held {
    ViewId view;
    Epoch epoch;
    int64_t until_micros;
  };
  void Drop(const Held& held) { views_[held.view.value()]->Unpin(held.epoch); }

  const Options options_;
  const std::vector<ViewStore*> views_;
  Epoch oldest_;
  Epoch needed_;
  std::deque<Held> holds_;  // in the order of their end
};

}  // namespace freshet
