// SPDX-License-Identifier: MIT
#pragma once

#include "headway/testing/bus.h"
