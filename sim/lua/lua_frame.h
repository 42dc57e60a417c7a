/*
 * lua_frame.h - a frame in parts, to be read into a Lua table or written from one.
 *
 * One table of rows (layer, name, place and width of the field on the wire) serves reading,
 * building and changing. A Draft holds the headers' bytes apart until lengths and sums are put in.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/wire/arp_wire.h"
#include "sim/lua/lua_packet.h"

typedef enum Layer {
    LAYER_ETH,
    LAYER_ARP,
    LAYER_IP,
    LAYER_ICMP,
    LAYER_UDP,
    LAYER_TCP,
    LAYER_COUNT
} Layer;

typedef enum FieldType { FIELD_NUMBER, FIELD_BIT, FIELD_MAC, FIELD_IP, FIELD_FLAGS } FieldType;

/* Where a field lies: in the big-endian word of `width` bits at byte `at`, shifted down by `shift`,
 * of so many bits; a MAC or IP address at byte `at`. In the table stands the wire's number times
 * `unit`. */
typedef struct Field {
    Layer       layer;
    const char *name;
    FieldType   type;
    uint8_t     at, width, shift, bits, unit;
} Field;

enum { HEADER_MAX = 60 };

extern const Field frame_fields[]; /* ends at the row without a name */
const Field *field_find(Layer layer, const char *name); /* NULL if there is none */
uint32_t     field_mask(const Field *f);
uint32_t     field_get(const Field *f, const uint8_t *header);
void         field_put(const Field *f, uint8_t *header, uint32_t value);

typedef struct Draft {
    bool     has[LAYER_COUNT];
    uint8_t  header[LAYER_COUNT][HEADER_MAX];
    size_t   len[LAYER_COUNT]; /* of the header with its options */
    Span     payload;          /* borrowed */
    size_t   frame_len;        /* of the frame it was read from, padding included; 0: of none */
    bool     fragment;         /* not the whole datagram: no sum over it can be made */
    uint64_t said;             /* a bit for each field that the scenario has given or changed */
} Draft;

extern const char *const layer_names[]; /* "eth" ..., "payload", NULL */

/* Takes the frame apart; what is malformed is payload. The payload points into the frame. */
void draft_read(Draft *d, Span frame);

/* The layers as fields of the table on top of the stack. */
void draft_push(lua_State *L, const Draft *d);

/* TCP's options as tcp_wire knows them, read from the header alone. */
TcpOptions draft_options(const Draft *d);

/* Reads the fields of the table at `arg` into the draft: those that differ from what it holds are
 * marked as said. A layer that the draft has not raises, or is added if `add`. The payload, if
 * given, points into Lua's string, which the table keeps alive. */
void draft_apply(lua_State *L, int arg, Draft *d, const Stack *from, bool add);

/* True if the field was said. */
bool draft_said(const Draft *d, Layer layer, const char *name);

/* Puts in lengths, and checksums, but for those that were said. */
void draft_finish(Draft *d, bool lengths, bool sums);

size_t draft_len(const Draft *d, bool with_eth);
void   draft_write(const Draft *d, bool with_eth, uint8_t *out);
