#pragma once

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "cmake/precompiled/engine.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
