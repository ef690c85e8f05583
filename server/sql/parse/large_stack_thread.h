// A thread with a large stack that runs what its owner gives it, for code that recurses as deep as its input says.
#pragma once

#include <pthread.h>

#include <condition_variable>
#include <functional>
#include <mutex>

namespace freshet {

// Started by the first Run, ended by the destructor. Used by one thread at a time.
class LargeStackThread {
 public:
  LargeStackThread() = default;
  ~LargeStackThread();
  LargeStackThread(const LargeStackThread&) = delete;
  LargeStackThread& operator=(const LargeStackThread&) = delete;

  // Runs `task` there and waits for its end. false: no thread could be started; it did not run.
  bool Run(const std::function<void()>& task);

 private:
  bool Start();
  void Serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* task_ = nullptr;  // nullptr: nothing to do
  bool started_ = false;
  bool ends_ = false;
  pthread_t thread_{};
};

}  // namespace freshet
