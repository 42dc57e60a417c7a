/*
 * demo_show.h - a lesson's pages: two of them beside each other, and text at a pace to be read.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <glib.h>
#include <stdbool.h>

/* Is no line wider than so many columns? */
bool demo_fits(const char *text, unsigned columns);

/* What is left and right, beside each other: lines that are the same in both stand in one row, and
 * those that are in one only are marked <, > or | as `diff -y` does. column: of the left half, to
 * which its lines are padded by the columns they take. Newly allocated. */
char *demo_beside(const char *left, const char *right, unsigned column);

/* Prints the text to stdout; paced: line by line, slower where there is more to read. Enter goes
 * on at once, q prints the rest. Nobody at the keyboard: it just takes its time. */
void demo_show(const char *text, bool paced);
