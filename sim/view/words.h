/*
 * words.h - what events say of themselves, in the language of the reader.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "sim/engine/reason.h"

#include <stdbool.h>

/* The trigger of tcp:state_changed; as it is, if it has no Chinese. */
const char *words_trigger(bool chinese, const char *trigger);
/* The dictionary's sentence, without a full stop. */
const char *words_drop(bool chinese, DropReason why);
const char *words_sent(bool chinese, SentReason why);
