-- FIG-15, EXT-53: a SYN flood without defence (RFC 4987 2): N forged SYNs fill the backlog of S, a client's SYN is
-- dropped without an answer, and gets in when the entries have expired.
sim.lesson { "RFC 4987: a SYN flood without defence", zh = "RFC 4987：没有防御的 SYN 泛洪" }
local p = sim.params { n = 4 }
sim.defaults { arp = { warm = true }, tcp = { delayed_ack = false, nagle = false } }
local client = sim.host("A", { tcp = { isn = 100 } })
local r = sim.router("r")
local server = sim.host("S", { tcp = { syn_backlog = p.n, synack_retries = 2, syncookies = "off" } })
sim.link(client, r, { delay = "5ms" })
local wire = sim.link(r, server, { delay = "5ms" })
r:route("203.0.113.0/24", "blackhole")
local listener = server:listen(80)
local regular = client:connect(server, 80)          -- before the flood
local regular_peer = listener:accept()

for i = 1, p.n do
  wire:inject({ ip = { src = "203.0.113." .. i, dst = server },
                tcp = { sport = 1000 + i, dport = 80, flags = "S", seq = i } }, { to = server })
end
sim.sleep("100ms")
check.equal(#server:sockets { state = "SYN_RECEIVED" }, p.n, "the backlog is full")
local start = sim.now()
local opened = client:spawn(function() return client:connect(server, 80, { sport = 40000 }) end)
sim.sleep("500ms")
check.equal(#client:packets { src = server, dport = 40000 }, 0, "dropped without an answer")
regular:send("regular")
check.equal(regular_peer:recv(), "regular", "who was in is not troubled")
local conn = opened:wait()
check.equal(conn.state, "ESTABLISHED")
check.near(sim.now(), start + 7.020, 1e-6, "at 0, 1, 3 s the backlog is full; the entries expire after 1 + 2 + 4 s")
sim.sleep("20ms")
check.equal(#client:packets { tcp = "S", sport = 40000 }, 4)
check.equal(#server:sockets { state = "SYN_RECEIVED" }, 0)
check.equal(#server:packets { tcp = "S.", dst = "203.0.113.1" }, 3, "each was answered and repeated in vain")
