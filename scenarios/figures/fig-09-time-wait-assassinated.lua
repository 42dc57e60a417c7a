-- FIG-9, EXT-44: an old duplicate ends TIME-WAIT too early (RFC 1337, figure 1). Lines 1 to 5 are figure 12 of RFC 9293.
local figure = require "figure"
sim.lesson { "RFC 1337: TIME-WAIT assassinated", zh = "RFC 1337：TIME-WAIT 被暗杀",
             flip = { time_wait_rst = "rfc1337" } }
local p = sim.params { time_wait_rst = "rfc9293" }
local fig, a, b = figure.peers { a = { isn = 99, time_wait_rst = p.time_wait_rst }, b = { isn = 299 } }
local conn, peer = fig:established()
conn:close()
sim.sleep("50ms")
peer:close()
conn:wait("TIME_WAIT")
local entered = sim.now()
sim.sleep("40ms")
fig:inject(a, { flags = ".", seq = 255, ack = 33 })
conn:wait("CLOSED")
if p.time_wait_rst == "rfc9293" then
  check.near(sim.now(), entered + 0.070, 1e-6, "too early")
  fig:check [[
    2    FIN-WAIT-1   A>B  <SEQ=100><ACK=300><CTL=FIN,ACK>    CLOSE-WAIT
    3    FIN-WAIT-2   B>A  <SEQ=300><ACK=101><CTL=ACK>        CLOSE-WAIT
    4    TIME-WAIT    B>A  <SEQ=300><ACK=101><CTL=FIN,ACK>    LAST-ACK
    5    TIME-WAIT    A>B  <SEQ=101><ACK=301><CTL=ACK>        CLOSED
    5.1  TIME-WAIT    >A   <SEQ=255><ACK=33><CTL=ACK>         CLOSED
    5.2  TIME-WAIT    A>B  <SEQ=101><ACK=301><CTL=ACK>        CLOSED
    5.3  CLOSED       B>A  <SEQ=301><CTL=RST>                 CLOSED
  ]]
else
  check.near(sim.now(), entered + 240, 1e-6, "neither the duplicate nor the reset touches the 2MSL")
  fig:check [[
    2    FIN-WAIT-1   A>B  <SEQ=100><ACK=300><CTL=FIN,ACK>    CLOSE-WAIT
    3    FIN-WAIT-2   B>A  <SEQ=300><ACK=101><CTL=ACK>        CLOSE-WAIT
    4    TIME-WAIT    B>A  <SEQ=300><ACK=101><CTL=FIN,ACK>    LAST-ACK
    5    TIME-WAIT    A>B  <SEQ=101><ACK=301><CTL=ACK>        CLOSED
    5.1  TIME-WAIT    >A   <SEQ=255><ACK=33><CTL=ACK>         CLOSED
    5.2  TIME-WAIT    A>B  <SEQ=101><ACK=301><CTL=ACK>        CLOSED
    5.3  TIME-WAIT    B>A  <SEQ=301><CTL=RST>                 CLOSED
  ]]
end
