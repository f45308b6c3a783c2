// SPDX-License-Identifier: MIT
#pragma once

#include "headway/testing/bus.h"
#include "headway/testing/fake.h"
#include "headway/testing/faults.h"
#include "headway/testing/recording.h"
