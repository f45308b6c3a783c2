// SPDX-License-Identifier: MIT
#pragma once

// All of the library.
#include "headway/caller.h"
#include "headway/carried_as.h"
#include "headway/connection.h"
#include "headway/describe.h"
#include "headway/dict.h"
#include "headway/family.h"
#include "headway/interface.h"
#include "headway/introspection.h"
#include "headway/loop.h"
#include "headway/match.h"
#include "headway/named_error.h"
#include "headway/names.h"
#include "headway/object.h"
#include "headway/object_view.h"
#include "headway/path_template.h"
#include "headway/proxy.h"
#include "headway/server.h"
#include "headway/task.h"
#include "headway/value.h"
