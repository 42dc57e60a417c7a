/*
 * canvas.h - a line of cells, into which text is put at columns: what drawings in text are made of.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum Style { S_PLAIN, S_BOLD, S_DIM, S_UP, S_DOWN, S_BAD, S_ODD } Style;

typedef struct Canvas {
    FILE     *out;
    bool      colour;
    size_t    width;
    bool      blank; /* the line printed last was empty */
    uint32_t *cells; /* characters; 0 behind a wide one */
    uint8_t  *styles;
} Canvas;

void   canvas_init(Canvas *c, FILE *out, size_t width, bool colour);
void   canvas_clear(Canvas *c);
size_t canvas_width(const char *text); /* columns that it takes */
/* How many bytes of text fit into `room` columns, cut at a blank or between wide characters. */
size_t canvas_fitting(const char *text, size_t room);
/* Writes at column x, cut at the right edge; returns the column behind. */
size_t canvas_put(Canvas *c, size_t x, const char *text, Style style);
void   canvas_put_right(Canvas *c, size_t end, const char *text, Style style);
void   canvas_flush(Canvas *c); /* prints the line without trailing blanks, and empties it */
void   canvas_gap(Canvas *c);   /* an empty line, unless there is one */
/* Wraps text between the columns, one line after the other, each flushed. */
void   canvas_wrap(Canvas *c, size_t x, size_t end, const char *text, Style style);
