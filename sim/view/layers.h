/*
 * layers.h - one frame opened layer by layer and byte by byte: every field with its bytes, value
 * and meaning, who wrote it and who takes it off.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/sim.h"

#include <stdio.h>

typedef struct LayersOptions {
    unsigned width;
    bool colour;
    bool full; /* all bytes of the payload */
    bool chinese;
} LayersOptions;

/* frame: from its Ethernet header on, whole; as some host put it on a wire of `sim`, whose nodes'
 * names it is explained with. Bytes that are wrong are shown as they are. */
void layers_print(Sim *sim, Span frame, const LayersOptions *opt, FILE *out);
