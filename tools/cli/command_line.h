// Reads the command line and runs its command.
#pragma once

namespace freshet {

// Returns the process' exit code.
int RunCommandLine(int argument_count, char** arguments);

}  // namespace freshet
