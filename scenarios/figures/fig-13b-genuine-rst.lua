-- FIG-13, EXT-38: the RST was genuine, only out of order: P has crashed. The challenge makes it send the exact one.
local figure = require "figure"
sim.lesson { "RFC 5961: a genuine peer answers the challenge", zh = "RFC 5961：真正的对端回应质询" }
local fig, a, b = figure.peers { a = { isn = 100 }, b = { isn = 300 } }
local conn = fig:established()
b:crash()
b:boot()
fig:state(b, "CLOSED")
fig:inject(a, { flags = "R", seq = 1301 })
local data, err = conn:recv()
check.equal(err, "ECONNRESET")

fig:check [[
  1  ESTABLISHED  >A   <SEQ=1301><CTL=RST>           CLOSED
  2  ESTABLISHED  A>B  <SEQ=101><ACK=301><CTL=ACK>   CLOSED
  3  CLOSED       B>A  <SEQ=301><CTL=RST>            CLOSED
]]
