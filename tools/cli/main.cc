#include "tools/cli/command_line.h"

int main(int argument_count, char** arguments) { return freshet::RunCommandLine(argument_count, arguments); }
