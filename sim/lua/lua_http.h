/*
 * lua_http.h - the options of the web calls, for the editor's stub.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/knob.h"

extern const Knob http_get_knobs[], http_serve_knobs[], http_browser_knobs[];
