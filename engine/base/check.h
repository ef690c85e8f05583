// Aborts on a broken invariant, also in release builds: a shard that crashes recovers, one that goes on with a wrong
// state does not. Never for what comes from outside; that gets an absl::Status or a cell error.
#pragma once

#include <sstream>
#include <string>

namespace freshet {

// Prints `file:line: CHECK failed: condition message` to standard error and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition, const std::string& message);

namespace check_internal {

// Collects what is streamed into a failing CHECK and ends the process when the statement ends.
class Failure {
 public:
  Failure(const char* file, int line, const char* condition) : file_(file), line_(line), condition_(condition) {}
  [[noreturn]] ~Failure() { CheckFailed(file_, line_, condition_, stream_.str()); }
  std::ostream& stream() { return stream_; }

 private:
  const char* file_;
  int line_;
  const char* condition_;
  std::ostringstream stream_;
};

struct Voidify {
  void operator&(std::ostream&) const {}
};

}  // namespace check_internal
}  // namespace freshet

#define CHECK(condition)                                 \
  (__builtin_expect(static_cast<bool>(condition), true)) \
      ? (void)0                                          \
      : ::freshet::check_internal::Voidify() &           \
            ::freshet::check_internal::Failure(__FILE__, __LINE__, #condition).stream() << " "
#define CHECK_EQ(a, b) CHECK((a) == (b))
#define CHECK_LT(a, b) CHECK((a) < (b))
#define CHECK_LE(a, b) CHECK((a) <= (b))

// Checks what is too costly for release builds.
#ifdef NDEBUG
#define DCHECK(condition) \
  while (false) CHECK(condition)
#else
#define DCHECK(condition) CHECK(condition)
#endif

// Returns the absl::Status of an expression from the enclosing function unless it is OK.
#define RETURN_IF_ERROR(expression)                                                      \
  do {                                                                                   \
    if (auto freshet_status = (expression); !freshet_status.ok()) return freshet_status; \
  } while (false)

// Assigns the value of an absl::StatusOr, or returns its status from the enclosing function.
#define FRESHET_CONCAT_INNER(a, b) a##b
#define FRESHET_CONCAT(a, b) FRESHET_CONCAT_INNER(a, b)
#define ASSIGN_OR_RETURN(target, expression) \
  ASSIGN_OR_RETURN_IMPL(FRESHET_CONCAT(freshet_status_or_, __LINE__), target, expression)
#define ASSIGN_OR_RETURN_IMPL(status_or, target, expression) \
  auto status_or = (expression);                             \
  if (!status_or.ok()) return status_or.status();            \
  target = std::move(status_or).value()
