-- FIG-17, EXT-55, EXT-57: a SYN cookie opens a connection (RFC 4987 3.6). B keeps nothing between lines 2 and 4; what it
-- must know of the SYN, its MSS, comes back with line 4.
local figure = require "figure"
sim.lesson { "RFC 4987: a SYN cookie opens a connection", zh = "RFC 4987：SYN cookie 建立连接" }
local fig, a, b, wire = figure.peers {
  a = { isn = 100, mss = 1460, window_scale = true, sack = true },
  b = { syncookies = "always", window_scale = true, sack = true },
}
local listener = b:listen(80)
fig:state(b, "LISTEN")
fig:mark()
sim.sleep("1ms")
local opened = a:spawn(function() return a:connect(b, 80, { sport = 40000 }) end)
sim.sleep("15ms")
local kept = 0
for _, socket in ipairs(b:sockets()) do
  if socket.state ~= "LISTEN" then kept = kept + 1 end
end
check.equal(kept, 0, "between lines 2 and 4 B keeps nothing")
local conn = opened:wait()
local peer = listener:accept()
conn:send("data")
sim.sleep("15ms")
check.equal(peer:recv(), "data")
local cookie = wire:packets { tcp = "S." }[1].tcp
check.equal(cookie.wscale, nil, "options are lost with cookies")
check.equal(peer:info().mss, 1460, "but for the MSS, which the cookie carries")

fig:check([[
  1  CLOSED                                           LISTEN
  2  SYN-SENT     A>B  <SEQ=100><CTL=SYN>             LISTEN
  3  ESTABLISHED  B>A  <SEQ=C><ACK=101><CTL=SYN,ACK>  LISTEN
  4  ESTABLISHED  A>B  <SEQ=101><ACK=C+1><CTL=ACK>    ESTABLISHED
  5  ESTABLISHED  A>B  <SEQ=101><ACK=C+1><DATA=4><CTL=ACK> ESTABLISHED
  6  ESTABLISHED  B>   <SEQ=C+1><ACK=105><CTL=ACK>    ESTABLISHED
]], { C = cookie.seq })
check.equal(#wire:packets { tcp = "S." }, 1, "a cookie is never repeated")
