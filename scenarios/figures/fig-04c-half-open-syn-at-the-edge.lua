-- FIG-4: the corner of RFC 5961 4.2: the new SYN is one below what B expects. Then B's challenge acknowledges exactly
-- A's SYN: acceptable, but no SYN in it, so A drops it in silence; and the open can only time out.
local figure = require "figure"
sim.lesson { "Figure 9, with the one SYN that RFC 5961 cannot help", zh = "RFC 9293 图 9 变体：RFC 5961 无能为力的 SYN" }
local fig, a, b = figure.peers { a = { isn = { 99, 99 }, syn_retries = 2 }, b = { isn = 299 } }
local conn, peer = fig:established()
a:crash()
a:boot()
fig:state(a, "CLOSED")
fig:start()
local again, err = a:connect(b, 80, { sport = 40000 })
check.equal(err, "ETIMEDOUT")
check.equal(peer.state, "ESTABLISHED", "B never learns of it")

fig:check [[
  3  SYN-SENT     A>B  <SEQ=99><CTL=SYN>               ESTABLISHED
  4  SYN-SENT     B>A  <SEQ=300><ACK=100><CTL=ACK>     ESTABLISHED
  5  SYN-SENT     A>B  <SEQ=99><CTL=SYN>               ESTABLISHED
  6  SYN-SENT     B>A  <SEQ=300><ACK=100><CTL=ACK>     ESTABLISHED
  7  SYN-SENT     A>B  <SEQ=99><CTL=SYN>               ESTABLISHED
  8  SYN-SENT     B>A  <SEQ=300><ACK=100><CTL=ACK>     ESTABLISHED
]]
