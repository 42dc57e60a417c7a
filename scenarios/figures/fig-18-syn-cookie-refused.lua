-- FIG-18, EXT-56: a forged cookie, and a genuine one that is too old: RST, and nothing is kept (RFC 4987 A).
local figure = require "figure"
sim.lesson { "RFC 4987: a SYN cookie is refused", zh = "RFC 4987：拒绝 SYN cookie" }
local fig, a, b, wire = figure.peers { b = { syncookies = "always" } }
b:listen(80)
fig:state(b, "LISTEN")
a:crash()                                            -- so that it answers nothing; the segments are forged
fig:inject(b, { flags = "S", seq = 100 })
sim.sleep("50ms")
local cookie = wire:packets { tcp = "S." }[1].tcp.seq
fig:start()
fig:inject(b, { flags = ".", seq = 101, ack = cookie + 2 })
sim.sleep("50ms")
fig:check([[
  1  CLOSED  >B  <SEQ=101><ACK=C+2><CTL=ACK>   LISTEN
  2  CLOSED  B>A  <SEQ=C+2><CTL=RST>            LISTEN
]], { C = cookie })
sim.sleep("128s")
fig:start()
fig:inject(b, { flags = ".", seq = 101, ack = cookie + 1 })
sim.sleep("50ms")
fig:check([[
  1  CLOSED  >B  <SEQ=101><ACK=C+1><CTL=ACK>   LISTEN
  2  CLOSED  B>A  <SEQ=C+1><CTL=RST>            LISTEN
]], { C = cookie })
for _, socket in ipairs(b:sockets()) do check.equal(socket.state, "LISTEN", "no connection has come of it") end
