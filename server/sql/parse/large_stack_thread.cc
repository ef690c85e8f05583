#include "server/sql/parse/large_stack_thread.h"

namespace freshet {
namespace {

// 80,000 x `+1` overflow 8 MiB; 64 KiB of text cannot overflow this. Only what is touched becomes memory.
constexpr size_t kStackBytes = 64 << 20;

}  // namespace

LargeStackThread::~LargeStackThread() {
  if (!started_) return;
  {
    std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  pthread_join(thread_, nullptr);
}

bool LargeStackThread::Start() {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  auto serve = [](void* self) -> void* {
    static_cast<LargeStackThread*>(self)->Serve();
    return nullptr;
  };
  started_ = pthread_attr_setstacksize(&attributes, kStackBytes) == 0 &&
             pthread_create(&thread_, &attributes, serve, this) == 0;
  pthread_attr_destroy(&attributes);
  return started_;
}

bool LargeStackThread::Run(const std::function<void()>& task) {
  if (!started_ && !Start()) return false;
  std::unique_lock lock(mutex_);
  task_ = &task;
  changed_.notify_all();
  changed_.wait(lock, [this] { return task_ == nullptr; });
  return true;
}

void LargeStackThread::Serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ends_ || task_ != nullptr; });
    if (task_ == nullptr) return;
    lock.unlock();
    (*task_)();
    lock.lock();
    task_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace freshet
