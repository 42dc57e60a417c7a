-- FIG-12, EXT-45, EXT-43: hazard H3 of RFC 1337, figure 4: an old ACK makes A reset the connection that it opens. With
-- RFC 5961 B does not believe a reset that is not exact.
local figure = require "figure"
sim.lesson { "RFC 1337, hazard 3: an open fails", zh = "RFC 1337 危害三：连接建立失败", flip = { challenge_ack = true } }
local p = sim.params { challenge_ack = false }
local fig, a, b, wire = figure.peers { a = { isn = 100 }, b = { isn = 400, rcvbuf = 800, challenge_ack = p.challenge_ack } }
local listener = b:listen(80)
fig:state(b, "LISTEN")
fig:mark()
sim.sleep("1ms")
local syn_ack = wire:hold({ tcp = "S.", src = b }, { count = 1 })
local opened = a:spawn(function() return a:connect(b, 80, { sport = 40000 }) end)
syn_ack:wait()
sim.sleep("1ms")
fig:inject(a, { flags = ".", seq = 300, ack = 123 })
sim.sleep("35ms")
syn_ack:release()
local conn = opened:wait()
check(conn, "A is ESTABLISHED")
sim.sleep("100ms")
if p.challenge_ack then
  check.equal(conn.state, "ESTABLISHED")
  listener:accept()
  fig:check [[
    1  CLOSED                                            LISTEN
    2  SYN-SENT     A>B  <SEQ=100><CTL=SYN>              SYN-RECEIVED
    3  SYN-SENT     B>   <SEQ=400><ACK=101><CTL=SYN,ACK> SYN-RECEIVED
    4  SYN-SENT     >A   <SEQ=300><ACK=123><CTL=ACK>     SYN-RECEIVED
    5  SYN-SENT     A>B  <SEQ=123><CTL=RST>              SYN-RECEIVED
    5' SYN-SENT     B>A  <SEQ=401><ACK=101><CTL=ACK>     SYN-RECEIVED
    6  ESTABLISHED  >A   <SEQ=400><ACK=101><CTL=SYN,ACK> SYN-RECEIVED
    7  ESTABLISHED  A>B  <SEQ=101><ACK=401><CTL=ACK>     ESTABLISHED
  ]]
else
  local data, err = conn:recv()
  check.equal(err, "ECONNRESET", "A's program hears of a reset; B's of nothing")
  fig:check [[
    1  CLOSED                                            LISTEN
    2  SYN-SENT     A>B  <SEQ=100><CTL=SYN>              SYN-RECEIVED
    3  SYN-SENT     B>   <SEQ=400><ACK=101><CTL=SYN,ACK> SYN-RECEIVED
    4  SYN-SENT     >A   <SEQ=300><ACK=123><CTL=ACK>     SYN-RECEIVED
    5  SYN-SENT     A>B  <SEQ=123><CTL=RST>              LISTEN
    6  ESTABLISHED  >A   <SEQ=400><ACK=101><CTL=SYN,ACK> LISTEN
    7  ESTABLISHED  A>B  <SEQ=101><ACK=401><CTL=ACK>     LISTEN
    8  CLOSED       B>A  <SEQ=401><CTL=RST>              LISTEN
  ]]
end
