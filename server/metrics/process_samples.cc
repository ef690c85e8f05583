#include "server/metrics/process_samples.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace freshet {
namespace {

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

void AddProcessSamples(double start_seconds, MetricFamilies* families) {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  families->Add("freshet_server_memory_bytes", {}, ResidentBytes());
  families->Add("freshet_server_cpu_seconds_total", {}, Seconds(usage.ru_utime) + Seconds(usage.ru_stime));
  families->Add("freshet_server_start_time_seconds", {}, start_seconds);
}

}  // namespace freshet
