/*
 * fuzz.h - what a fuzz target is, for libFuzzer and for replay.c alike. A target aborts (g_assert)
 * on what must not be, and the sanitizers on the rest.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
