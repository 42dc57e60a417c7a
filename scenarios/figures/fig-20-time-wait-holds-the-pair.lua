-- FIG-20, SM-40: while A is in TIME-WAIT its pair cannot be opened again; at 2MSL it can, with a number above the old.
local figure = require "figure"
sim.lesson { "TIME-WAIT holds the socket pair", zh = "TIME-WAIT 占用套接字对" }
local fig, a, b = figure.peers { a = { isn = "rfc6528" } }
local conn, peer = fig:established()
b:listen(80, { reuse_addr = true })
conn:close()
sim.sleep("50ms")
peer:close()
conn:wait("TIME_WAIT")
local last = conn:info().snd_nxt
local over = sim.now() + 240
local again, err = a:connect(b, 80, { sport = 40000 })
check.equal(err, "EADDRNOTAVAIL", "the connection exists already")
sim.sleep(over - sim.now() - 0.001)
again, err = a:connect(b, 80, { sport = 40000 })
check.equal(err, "EADDRNOTAVAIL", "a millisecond before 2MSL too")
conn:wait("CLOSED")
check.near(sim.now(), over, 1e-6)
again = a:connect(b, 80, { sport = 40000 })
check.equal(again.state, "ESTABLISHED", "at 2MSL it can be opened")
local ahead = (again:info().iss - last) % 2 ^ 32
check(ahead > 0 and ahead < 2 ^ 31, "its first number is above the old connection's last")
check.near(ahead, 241 * 250000, 500000, "by the clock's four microseconds")
