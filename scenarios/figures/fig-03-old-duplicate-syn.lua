-- FIG-3, SM-47: recovery from an old duplicate SYN (RFC 9293, figure 8).
local figure = require "figure"
sim.lesson { "Figure 8: recovery from an old duplicate SYN", zh = "RFC 9293 图 8：从失效的 SYN 恢复" }
local fig, a, b, wire = figure.peers { a = { isn = 100 }, b = { isn = { 300, 400 } } }
local listener = b:listen(80)
fig:state(b, "LISTEN")
fig:mark()
sim.sleep("1ms")
local syn = wire:hold({ tcp = "S", src = a }, { count = 1 })
local opened = a:spawn(function() return a:connect(b, 80, { sport = 40000 }) end)
sim.sleep("5ms")
fig:inject(b, { flags = "S", seq = 90 })
sim.sleep("31ms")
check.equal(#b:sockets { state = "SYN_RECEIVED" }, 0, "the half-open connection is gone, and its program knows nothing")
syn:release()
opened:wait()
listener:accept()

fig:check [[
  1  CLOSED                                           LISTEN
  2  SYN-SENT     A>   <SEQ=100><CTL=SYN>             LISTEN
  3  SYN-SENT     >B   <SEQ=90><CTL=SYN>              SYN-RECEIVED
  4  SYN-SENT     B>A  <SEQ=300><ACK=91><CTL=SYN,ACK> SYN-RECEIVED
  5  SYN-SENT     A>B  <SEQ=91><CTL=RST>              LISTEN
  6  SYN-SENT     >B   <SEQ=100><CTL=SYN>             SYN-RECEIVED
  7  ESTABLISHED  B>A  <SEQ=400><ACK=101><CTL=SYN,ACK> SYN-RECEIVED
  8  ESTABLISHED  A>B  <SEQ=101><ACK=401><CTL=ACK>    ESTABLISHED
]]
