// Reads what the sinks of a simulation wrote, as the READMEs tell readers to.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/bank.h"
#include "tests/support/fake_broker.h"

namespace freshet {

// Every record must be of an epoch in `journaled`; what is wrong is added to `problems`.

// The last value of each key; a record that is not above its partition's last {epoch, sequence} came again.
std::map<std::string, std::string> FoldUpserts(const FakeTopic& topic, const std::set<uint64_t>& journaled,
                                               std::vector<std::string>* problems);
Content FoldChanges(const FakeTopic& topic, const std::set<uint64_t>& journaled, std::vector<std::string>* problems);
// By name, the files of a sink's folder.
Content FoldLines(const std::map<std::string, std::string>& files, const std::set<uint64_t>& journaled,
                  std::vector<std::string>* problems);

}  // namespace freshet
