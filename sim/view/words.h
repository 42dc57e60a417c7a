/*
 * words.h - what events say of themselves, in the language of the reader.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <stdbool.h>

/* The trigger of tcp:state_changed; as it is, if it has no Chinese. */
const char *words_trigger(bool chinese, const char *trigger);
