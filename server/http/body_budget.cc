#include "server/http/body_budget.h"

namespace freshet {

bool BodyBudget::Share::GrowTo(uint64_t bytes) {
  if (bytes <= bytes_) return true;
  const uint64_t more = bytes - bytes_;
  if (budget_.bytes_.fetch_add(more) + more > budget_.bytes_max_) {
    budget_.bytes_.fetch_sub(more);
    budget_.metrics_.CountRefusedBody();
    return false;
  }
  budget_.metrics_.AddBodyBytes(static_cast<double>(more));
  bytes_ = bytes;
  return true;
}

void BodyBudget::Share::Release() {
  if (bytes_ == 0) return;
  budget_.bytes_.fetch_sub(bytes_);
  budget_.metrics_.AddBodyBytes(-static_cast<double>(bytes_));
  bytes_ = 0;
}

}  // namespace freshet
