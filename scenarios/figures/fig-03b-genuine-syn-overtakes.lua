-- FIG-3, SM-21: as figure 8, but the genuine SYN reaches B before the RST. It is in the window of the half-open
-- connection, which goes back to LISTEN without a word (RFC 9293 3.10.7.4); A's SYN is tried again a second later.
local figure = require "figure"
sim.lesson { "Figure 8, and the genuine SYN overtakes the RST", zh = "RFC 9293 图 8 变体：真正的 SYN 先于 RST 到达" }
local fig, a, b, wire = figure.peers { a = { isn = 100 }, b = { isn = { 300, 400 } } }
local listener = b:listen(80)
fig:state(b, "LISTEN")
local syn = wire:hold({ tcp = "S", src = a }, { count = 1 })
local opened = a:spawn(function() return a:connect(b, 80, { sport = 40000 }) end)
sim.sleep("5ms")
fig:inject(b, { flags = "S", seq = 90 })
sim.sleep("18ms")
syn:release()
opened:wait()
listener:accept()

fig:check [[
  2  SYN-SENT     A>   <SEQ=100><CTL=SYN>             LISTEN
  3  SYN-SENT     >B   <SEQ=90><CTL=SYN>              SYN-RECEIVED
  4  SYN-SENT     B>A  <SEQ=300><ACK=91><CTL=SYN,ACK> SYN-RECEIVED
  5  SYN-SENT     >B   <SEQ=100><CTL=SYN>             LISTEN
  6  SYN-SENT     A>B  <SEQ=91><CTL=RST>              LISTEN
  7  SYN-SENT     A>B  <SEQ=100><CTL=SYN>             SYN-RECEIVED
  8  ESTABLISHED  B>A  <SEQ=400><ACK=101><CTL=SYN,ACK> SYN-RECEIVED
  9  ESTABLISHED  A>B  <SEQ=101><ACK=401><CTL=ACK>    ESTABLISHED
]]
