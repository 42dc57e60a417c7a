/*
 * mark.h - an assertion of Check that holds is noted once for each place, not each time: Check writes every note to a
 * file and reads all of them back at the test's end, only to know the last if the test crashes. Included before all else.
 */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <check.h>
#include <stdbool.h>

#define _mark_point(file, line)          \
    __extension__({                      \
        static bool noted;               \
        if (!noted) {                    \
            noted = true;                \
            _mark_point((file), (line)); \
        }                                \
    })
