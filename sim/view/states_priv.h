/*
 * states_priv.h - what the state diagram collects (states.c), where its parts stand
 * (states_figure.c), and how it is drawn.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/transport/tcp.h"
#include "sim/view/states.h"

/* --- the figure: in columns and lines of text ------------------------------------------------ */

enum { FIGURE_WIDTH = 80, FIGURE_HEIGHT = 48, FIGURE_BENDS = 4, FIGURE_LABELS = 3 };
enum { FIGURE_NOTE_X = 25, FIGURE_NOTE_Y = 42 }; /* "(note 2)" */

typedef struct FigurePoint {
    int x, y;
} FigurePoint;

typedef struct FigureBox { /* a state; CLOSED has two */
    TcpState    state;
    FigurePoint at;
    int         w, h;
} FigureBox;

typedef struct FigureLabel { /* what makes it, and what is sent or done */
    FigurePoint at;
    bool        right; /* aligned: `at` is behind it */
    const char *en[FIGURE_LABELS], *zh[FIGURE_LABELS];
} FigureLabel;

typedef struct FigureArrow {
    TcpState    from, to;
    const char *triggers; /* that make it, between bars; NULL: any that leads there */
    FigurePoint way[FIGURE_BENDS]; /* from the first to the last cell */
    int         bends;             /* how many of them */
    FigurePoint mark;              /* where numbers are centred */
    FigureLabel label;
    bool        noted; /* the RFC has it in a note, not in the figure */
} FigureArrow;

enum { FIGURE_BOXES = 12, FIGURE_ARROWS = 21, FIGURE_NONE = -1 };

extern const FigureBox   figure_boxes[FIGURE_BOXES];
extern const FigureArrow figure_arrows[FIGURE_ARROWS];

/* The arrow that a change of state goes along; FIGURE_NONE if the figure has none. */
int figure_arrow(TcpState from, TcpState to, const char *trigger);

/* --- what has been collected ------------------------------------------------------------------ */

typedef enum Side { SIDE_ACTIVE, SIDE_PASSIVE, SIDES } Side;

typedef struct Step {
    SimTime     t;
    unsigned    number; /* from 1, among the steps of its side */
    uint8_t     from, to;
    int         arrow;
    const char *trigger, *rfc;
    char        sent[12]; /* flags of the segment that went with it, "S."; empty: none */
    uint64_t    event;    /* the scheduler's count */
} Step;

typedef struct End {
    const char *world, *host, *local, *remote; /* remote: NULL of a listener */
    Side        side;
    GArray     *steps; /* of Step */
    uint64_t    event; /* in which it sent last, */
    SimTime     sent_at;
    char        sent[12]; /* and what */
} End;

struct States {
    StatesOptions opt;
    GStringChunk *texts;
    GPtrArray    *ends;    /* of End, in order of appearance */
    unsigned      numbers[SIDES], worlds;
    uint64_t      kept;    /* steps in `ends` */
    uint64_t      left_out; /* and steps of ends that came too late to be kept */
    uint64_t      taken[FIGURE_ARROWS][SIDES];
    uint64_t      visited[TCP_STATE_COUNT][SIDES];
};

/* The numbers of the steps along an arrow, "(3,8)[2]", or how often it was taken, "(12x)";
 * appended. Returns how much of it is the active side's. */
size_t states_marks(const States *st, int arrow, GString *out);

/* --- states_print.c --------------------------------------------------------------------------- */

char       *states_covered(const States *st); /* "10 of 11 states ..."; newly allocated */
char       *states_steps(const States *st);   /* the steps of each end, as lines; free() it */
const char *states_note_2(const States *st);
const char *states_legend(const States *st);
