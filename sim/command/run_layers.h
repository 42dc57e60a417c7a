/*
 * run_layers.h - --view layers: which packet, and its line.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/command/run_capture.h"

/* Opens the packet of req->packet, a number as in the capture or a filter that is true for it; the
 * first if that is NULL. One that is not there makes run_capture_close fail. */
void run_layers_print(RunCapture *capture, Sim *sim, const RunRequest *req, FILE *out);
