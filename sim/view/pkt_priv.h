/*
 * pkt_priv.h - what the files that play packetdrill scripts share: the script as it was read, and
 * the world in which it is played.
 */
/* SPDX-License-Identifier: MIT */
#pragma once
#include "protocols/stack.h"
#include "sim/view/dissect.h"
#include "sim/view/pkt.h"

/* --- a script, as read ------------------------------------------------------------------------ */

typedef enum PktTos { PKT_TOS_ANY, PKT_TOS_ECN, PKT_TOS_ECT01, PKT_TOS_BYTE } PktTos;

enum { PKT_OPTIONS_MAX = 40, PKT_COOKIE_LEN = 8 };

/* A packet, written in a script or seen on the wire. Numbers of TCP are the script's. */
typedef struct PktPacket {
    bool     inbound;
    uint8_t  proto;              /* IPPROTO_TCP4, ... */
    uint16_t src_port, dst_port; /* 0: not said */
    IpAddr   src, dst;           /* IP_NONE: not said */
    PktTos   tos_check;
    uint8_t  tos, ttl;           /* ttl 0: not said */
    bool     bad_sum;            /* to be sent with a wrong checksum */
    /* TCP */
    uint8_t  flags, reserved;
    uint32_t seq, ack;
    size_t   len;                /* of the payload; UDP's too */
    bool     has_win, any_options;
    uint16_t win, urg;
    uint8_t  n_opt;
    uint8_t  opt[PKT_OPTIONS_MAX]; /* as they stand on the wire */
    uint8_t  cookie_at;          /* TFO_COOKIE stands there in them; 0: nowhere */
    /* ICMP */
    uint8_t  type, code;
    uint32_t rest;               /* the second word: id and sequence, MTU */
    bool     has_rest;
    uint8_t  quoted;             /* protocol of the header that is quoted; 0: none */
    uint32_t quoted_seq;
    size_t   quoted_len;
} PktPacket;

typedef enum PktValueKind {
    PKT_ELLIPSIS, /* ... */
    PKT_INT,      /* 7, 0x7, or names that are known, joined by | */
    PKT_STRING,
    PKT_NULL,
    PKT_LIST,     /* [a, b] */
    PKT_STRUCT,   /* {a, b} or {name=a, name=b} */
    PKT_FUNCTION  /* htons(8080) */
} PktValueKind;

typedef struct PktValue {
    PktValueKind kind;
    int64_t      num;
    char        *name;  /* of a field; NULL */
    char        *text;  /* INT: as written; STRING; FUNCTION: its name */
    GPtrArray   *items; /* of PktValue */
} PktValue;

typedef struct PktCall {
    char      *name;
    GPtrArray *args;   /* of PktValue */
    PktValue  *result;
    char      *error;  /* "EAGAIN"; NULL */
    bool       ends;   /* it blocks until `end` */
    SimTime    end;
} PktCall;

typedef enum PktClock { PKT_AT, PKT_AFTER, PKT_ANY_TIME } PktClock;
typedef enum PktKind { PKT_PACKET, PKT_CALL, PKT_COMMAND, PKT_CODE } PktKind;

typedef struct PktEvent {
    unsigned   line;
    PktKind    kind;
    PktClock   clock;
    bool       range;
    SimTime    from, to;
    PktPacket  packet;
    PktCall   *call;
    char      *text;   /* of a command, of code */
} PktEvent;

typedef struct PktSettings { /* the option lines */
    SimTime     tolerance;         /* of times, */
    uint64_t    tolerance_percent; /* or this much of the time since the last event, in 1/1000 */
    SimTime     ts_tick;           /* of the script's timestamps; 0: they are not compared */
    bool        ts_ecr_scaled;
    bool        strict_segments;
    bool        exact;             /* nothing may be sent that is not in the script */
    bool        flush;             /* what the host remembers of its peers is to be forgotten */
    uint64_t    mtu;
    uint16_t    bind_port, connect_port;
    IpAddr      local, remote;
    StackConfig stack;
} PktSettings;

typedef struct PktScript {
    const char *file;
    PktSettings settings;
    GPtrArray  *events;  /* of PktEvent */
    GHashTable *defines; /* name to text */
    /* How reading it ended, if it did not end well. */
    char       *error;
    unsigned    error_line;
    bool        unsupported; /* it is a script, but it needs what is not there */
} PktScript;

/* False, and what is wrong in the script, if it cannot be played. */
bool pkt_parse(PktScript *s, const char *text, const PktOptions *opt);
void pkt_script_clear(PktScript *s);

/* What holds before the first option line. */
void pkt_settings_init(PktSettings *set);
/* One option line, "name" and "value" (NULL: none). False: *error is newly allocated, and *lacks
 * says that the option is known but what it asks for is not there. */
bool pkt_set_option(PktSettings *set, const char *name, const char *value, bool *lacks,
                    char **error);

/* The shell lines between backquotes: settings that are known change the host's. False and why,
 * newly allocated, if there is one that is not understood. */
bool pkt_command(PktSettings *set, const char *text, char **why);

/* "net.inet.tcp.sack.enable=1": with the first of FreeBSD's sysctls the host becomes one. False: it
 * is none of those that are known, or nothing that can be had. */
bool pkt_bsd_sysctl(PktSettings *set, const char *word);
/* "sockstat ... | grep -c TIME_WAIT | grep 1": how many connections are in a state; or "tcpdrop -s
 * TIME_WAIT". NULL: it is no such line; else newly allocated what is wrong, "" if nothing is. */
typedef struct PktRun PktRun;
char *pkt_bsd_command(PktRun *run, const char *line);

/* --- names ------------------------------------------------------------------------------------ */

/* The number of a constant as Linux has it. False: there is none of that name. */
bool pkt_symbol(const char *name, int64_t *out);
/* Why a name cannot be used here: "TCP Fast Open"; NULL: it can. */
const char *pkt_symbol_lacks(const char *name);
int64_t     pkt_errno(const char *name); /* -1: no such name */
/* The word is among those that were or-ed together in v. */
bool pkt_value_has(const PktValue *v, const char *word);

/* --- code between %{ and }% ------------------------------------------------------------------- */

/* Reads a variable that code asks for. */
typedef bool (*PktRead)(void *self, const char *name, int64_t *out);

/* Goes through the code's statements; `run` false: only looks whether all of it is understood.
 * vars holds what code has assigned (name to int64_t *). False and why, newly allocated, for the
 * first assertion that does not hold; *unsupported for what is not understood. */
bool pkt_code(const char *code, bool run, GHashTable *vars, PktRead read, void *self,
              bool *unsupported, char **why);
bool pkt_code_knows(const char *name); /* a name that code may read */

/* --- reading ---------------------------------------------------------------------------------- */

typedef enum TokKind {
    TOK_END,
    TOK_INT,
    TOK_FLOAT, /* num is in ns, as seconds */
    TOK_WORD,
    TOK_STRING,
    TOK_COMMAND,
    TOK_CODE,
    TOK_OPTION,
    TOK_ELLIPSIS,
    TOK_CHAR
} TokKind;

typedef struct PktReader {
    PktScript  *script;
    const char *p;
    unsigned    line;
    const char *start;      /* of the token */
    TokKind     kind;
    char        c;         /* CHAR */
    int64_t     num;       /* INT, FLOAT */
    GString    *text;      /* INT, WORD, STRING, COMMAND, CODE; OPTION: name and what follows */
    unsigned    tok_line;
} PktReader;

void pkt_next(PktReader *r);
bool pkt_fail(PktReader *r, const char *format, ...) G_GNUC_PRINTF(2, 3); /* false, always */
bool pkt_lacks(PktReader *r, const char *what); /* false: the script is to be skipped */
bool pkt_is_word(const PktReader *r, const char *word);
bool pkt_is_char(const PktReader *r, char c);
bool pkt_take_char(PktReader *r, char c); /* and complains if it is not there */
bool pkt_take_int(PktReader *r, int64_t max, int64_t *out, const char *what);
bool pkt_take_hex(PktReader *r, uint8_t *out, size_t max, size_t *n); /* digits, two a byte */

bool pkt_parse_packet(PktReader *r, PktPacket *p);
bool pkt_parse_call(PktReader *r, PktCall *call);
void pkt_call_free(PktCall *call);

/* --- the world -------------------------------------------------------------------------------- */

typedef struct PktTs { /* timestamps that the script and the host have used for the same moment */
    uint32_t script, live;
} PktTs;

typedef struct PktFlow { /* a conversation between the host and the wire */
    uint8_t  proto;
    uint16_t local_port, remote_port;
    bool     has_iss, has_irs, has_ts;
    bool     reopened;             /* a SYN with another number has come: `irs_next` */
    uint32_t iss_script, iss_live; /* the host's initial sequence number */
    uint32_t irs, irs_next;        /* the wire's: the same in the script and in the world */
    uint32_t ts_script, ts_live;   /* the first timestamps */
    GArray  *ts;                   /* of PktTs, newest last */
} PktFlow;

typedef struct PktSeen { /* a packet that the host has sent */
    SimTime   t;
    PktFlow  *flow;   /* NULL: ICMP */
    PktPacket packet; /* with the host's numbers */
    GBytes   *payload;
} PktSeen;

typedef enum PktSockKind { PKT_TCP, PKT_LISTENER, PKT_CONN, PKT_UDP, PKT_EPOLL } PktSockKind;

typedef struct PktWatch { /* what an epoll descriptor watches */
    int      fd;
    uint32_t events;
    uint64_t data;
    uint64_t seen_in;   /* bytes, when it was last reported */
    uint64_t seen_errors; /* in the error queue, ever, likewise */
    uint32_t reported;  /* edge-triggered: what has been said and is still so */
} PktWatch;

typedef struct PktFast { /* TCP_FASTOPEN and its kin, as set */
    bool     on;           /* TCP_FASTOPEN; */
    uint64_t limit;        /* so many pending */
    bool     connect;      /* TCP_FASTOPEN_CONNECT */
    bool     no_cookie, has_key;
    uint8_t  key[TCP_FASTOPEN_KEY];
    bool     deferred;     /* connect waits for the first data; to */
    IpAddr   to;
    uint16_t to_port;
    bool     opening;      /* the call that blocks has opened the connection */
} PktFast;

typedef struct PktSock {
    int         fd;
    PktSockKind kind;
    bool        nonblock;
    IpAddr      addr;        /* bound; IP4_ANY */
    uint16_t    port;        /* bound; 0 */
    bool        reuse, read_shut;
    bool        linger;      /* and linger_time in s */
    int64_t     linger_time;
    int64_t     sndbuf, rcvbuf, maxseg, notsent_lowat, syn_retries; /* as set; 0: never */
    bool        keepalive;
    SimTime     keep_idle, keep_interval; /* 0: the host's */
    int64_t     keep_probes;
    bool        told_error;  /* the connection's error was told: from now on EOF and EPIPE */
    bool        told_connected;
    bool        disconnected; /* by connect with AF_UNSPEC */
    bool        inq;         /* TCP_INQ: what is left to read is told with each recvmsg */
    PktFast     fast;
    Listener   *listener;
    Conn       *conn;
    UdpSock    *udp;
    uint64_t    written, taken; /* bytes of the stream */
    uint64_t    progress;    /* of the call that blocks, bytes */
    bool        zerocopy;    /* SO_ZEROCOPY */
    bool        stamps;      /* SO_TIMESTAMPING, and where in the stream its ids begin */
    uint64_t    stamps_from;
    uint32_t    zerocopy_id;
    GArray     *asked, *errors; /* pkt_errqueue.c's; NULL: none yet */
    uint64_t    errors_ever;
    GArray     *watches;     /* EPOLL: of PktWatch */
} PktSock;

typedef struct PktOutcome { /* of a call */
    int64_t     value;
    const char *error; /* NULL: none */
    char       *wrong; /* beside value and error: newly allocated; NULL: nothing */
    bool        lacks; /* `wrong` says what is missing here */
} PktOutcome;

struct PktRun {
    const PktScript *script;
    const PktOptions *opt;
    PktSettings      settings;
    Sim             *sim;
    Stack           *stack;
    Iface           *iface;
    Port            *wire;
    Timer            alarm;
    GPtrArray       *flows; /* of PktFlow */
    PktFlow         *current;
    bool             fresh;   /* a socket was made since: a SYN begins a new conversation */
    bool             first;   /* a call is tried for the first time */
    uint16_t         bound_port;
    uint16_t         next_port; /* of the wire */
    GPtrArray       *seen;    /* of PktSeen: not yet expected */
    GPtrArray       *socks;   /* of PktSock */
    GHashTable      *vars;    /* code's */
    Dissector       *dissector;
    GQueue           history; /* of char *: the last packets as text */
    GString         *report;
    /* The call that blocks. */
    const PktEvent  *blocked;
    SimTime          blocked_end;     /* when it is to be done; NEVER: the script does not say */
    SimTime          blocked_timeout; /* when it gives up by itself; NEVER */
    bool             blocked_done;
    SimTime          blocked_done_at;
    PktOutcome       blocked_outcome;
    Timer            timeout;
    SimTime          last_event; /* when the last one was due; -1: there was none */
    PktVerdict       verdict;
};

/* Ends the play with a failure at that event: the block's first line, then (detail, may be NULL)
 * whole lines, then what passed on the wire before. False, always. */
bool pkt_run_fail(PktRun *run, const PktEvent *ev, const char *detail, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
bool pkt_run_lacks(PktRun *run, const PktEvent *ev, const char *what);
/* Two packets as tcpdump prints them, and where they differ: appended to out as whole lines. */
void pkt_compare(PktRun *run, const PktPacket *want, const PktPacket *got, SimTime t, GString *out);
/* Remembers a packet, and shows it if the run is verbose. */
void pkt_remember(PktRun *run, SimTime t, const PktPacket *p);

void pkt_world_init(PktRun *run);
void pkt_world_clear(PktRun *run);

/* A packet from the wire to the host. False and a failure if it cannot be made. */
bool pkt_inject(PktRun *run, const PktEvent *ev);
/* The expectation of ev against what was sent; the world goes on until it is. */
bool pkt_expect(PktRun *run, const PktEvent *ev, SimTime from, SimTime to, SimTime tolerance);
/* In an exact script: nothing was sent before the instant t that it did not expect. */
bool pkt_nothing_unexpected(PktRun *run, const PktEvent *ev, SimTime before);
/* The next event of the world, unless that is later than `until`: then false. */
bool pkt_step(PktRun *run, SimTime until);
/* Goes on until the instant t, whatever is due then included. */
void pkt_advance(PktRun *run, SimTime t);

PktFlow *pkt_flow(PktRun *run, uint8_t proto, uint16_t local, uint16_t remote); /* NULL: none */
PktFlow *pkt_flow_new(PktRun *run, uint8_t proto, uint16_t local, uint16_t remote);
void     pkt_flow_free(void *flow);
/* The script's numbers into the host's, for a packet to the host. False: its echoed timestamp was
 * never sent. And the other way round for one from it, given what the script expects. */
bool pkt_flow_to_live(const PktRun *run, const PktFlow *flow, PktPacket *p);
void pkt_flow_to_script(PktFlow *flow, PktPacket *p, const PktPacket *want);
/* Where in the host's (or the wire's) stream the payload of p, in the host's numbers, begins; < 0:
 * in front of it. */
int64_t pkt_flow_offset(const PktFlow *flow, const PktPacket *p);

/* --- frames ----------------------------------------------------------------------------------- */

/* The packet as a frame: Ethernet, IPv4 and all, checksums right unless bad_sum says otherwise. Its
 * ports and addresses are all said; the payload is the pattern from `offset` on. `quoted`: the
 * conversation that an ICMP error is about; may be NULL. */
GByteArray *pkt_frame(const PktPacket *p, uint64_t offset, const PktFlow *quoted);
/* Reads one. False: it is nothing that a script could speak of. *payload is newly allocated. */
bool pkt_unframe(Span frame, PktPacket *p, GBytes **payload);
/* As tcpdump prints it, without a time; appended to out. */
void pkt_print(Dissector *d, const PktPacket *p, GString *out);
/* What of `got` is not as `want` says: appended to out in a few words; false: nothing. Timestamps
 * may differ by ts_slack ticks; < 0: they are not compared. */
bool pkt_differs(const PktPacket *want, const PktPacket *got, int64_t ts_slack, bool check_ecr,
                 GString *out);
/* The next option of p from *at on: its length, 0 at the end. */
size_t pkt_option(const PktPacket *p, size_t *at, const uint8_t **opt);

/* --- Fast Open -------------------------------------------------------------------------------- */

/* The socket options by their names; NULL: none of these. */
typedef bool (*PktFastOption)(PktRun *run, PktSock *s, const PktCall *call, PktOutcome *out);
PktFastOption pkt_fast_option(const char *name);
void pkt_fast_listen(const PktSock *s); /* what was set goes to its listener */
/* connect(2) with TCP_FASTOPEN_CONNECT: waits for data if there is a cookie, asks for one else.
 * True: the call is over. */
bool pkt_fast_connect(PktRun *run, PktSock *s, IpAddr to, uint16_t port, PktOutcome *out);
/* A send that opens: n bytes, or what of them fits on the SYN if it may not wait. False: it blocks,
 * and pkt_fast_opened says how it went. */
bool pkt_fast_send(PktRun *run, PktSock *s, size_t n, bool waits, PktOutcome *out);
bool pkt_fast_opened(PktSock *s, PktOutcome *out, bool *done);
/* TFO_COOKIE in the options of p becomes the one that the host gives the wire. */
void pkt_fast_cookie(const PktRun *run, PktPacket *p);

/* --- calls ------------------------------------------------------------------------------------ */

/* False: there is no such call here. */
bool pkt_call_known(const char *name);
/* The socket option that a call asks for and that is not there; NULL: none. */
const char *pkt_option_lacks(const PktCall *call);
/* Tries the call. False: it would block; `first` only the first time. */
bool pkt_call_try(PktRun *run, const PktCall *call, bool first, PktOutcome *out);
/* How long it waits at most: NEVER if it has no timeout, which is then its outcome. */
SimTime pkt_call_timeout(const PktCall *call);

PktSock *pkt_sock(PktRun *run, int64_t fd); /* NULL: none */
PktSock *pkt_sock_new(PktRun *run, int64_t fd, PktSockKind kind);
void     pkt_sock_free(void *sock);
/* The host's knob is the socket's TCP_MAXSEG, or the script's own: connections take it when they
 * begin. */
void     pkt_own_mss(PktRun *run, const PktSock *s);
/* The pending error of a connection, which is told once. NULL: none. */
const char *pkt_sock_error(PktSock *s, bool take);
/* The socket of the conversation at hand; NULL: none. */
PktSock *pkt_sock_current(PktRun *run);
uint32_t    pkt_sock_ready(PktSock *s); /* poll's events */

/* How a call ends: true, always. */
bool pkt_done(PktOutcome *out, int64_t value);
bool pkt_errs(PktOutcome *out, const char *error);
bool pkt_call_lacks(PktOutcome *out, const char *what);
/* Beside its value: what the call has found out is not what the script says. */
void pkt_wrong(PktOutcome *out, const char *format, ...) G_GNUC_PRINTF(2, 3);

bool pkt_setsockopt(PktRun *run, const PktCall *call, PktOutcome *out);
bool pkt_getsockopt(PktRun *run, const PktCall *call, PktOutcome *out);
bool pkt_receive(PktRun *run, const PktCall *call, PktOutcome *out);
bool pkt_send(PktRun *run, const PktCall *call, PktOutcome *out);
bool pkt_poll(PktRun *run, const PktCall *call, PktOutcome *out);
bool pkt_epoll_create(PktRun *run, const PktCall *call, PktOutcome *out);
bool pkt_epoll_ctl(PktRun *run, const PktCall *call, PktOutcome *out);
bool pkt_epoll_wait(PktRun *run, const PktCall *call, PktOutcome *out);
/* What was ready and is no more can be reported anew: after every event and call. */
void pkt_epoll_note(PktRun *run);

/* A send, of which s->written tells the end, asks to be told of its way. */
void pkt_errqueue_ask(PktSock *s, bool zerocopy);
void pkt_errqueue_note(PktRun *run); /* what is to be told: after every event and call */
bool pkt_errqueue_waits(const PktSock *s);
bool pkt_errqueue_receive(PktRun *run, PktSock *s, const PktValue *msg, PktOutcome *out);
void pkt_errqueue_free(PktSock *s);

/* The i-th argument as a number; `otherwise` if it is none. */
int64_t pkt_arg(const PktCall *call, size_t i, int64_t otherwise);
const PktValue *pkt_arg_value(const PktCall *call, size_t i); /* NULL: there is none */
/* The field of a struct by its name, else the i-th; NULL: there is none. */
const PktValue *pkt_field(const PktValue *v, const char *name, size_t i);

/* {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("1.2.3.4")}; what is "..." stays.
 * False: it is no address that can be had. */
bool pkt_take_sockaddr(const PktValue *v, IpAddr *addr, uint16_t *port);

/* A field of tcp_info of the socket under test. */
bool pkt_tcp_info(void *run, const char *name, int64_t *out);
