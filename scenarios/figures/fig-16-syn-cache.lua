-- FIG-16: a SYN flood against a SYN cache (RFC 4987 3.5): far more forged SYNs than the cache of S holds push each other
-- out, bucket by bucket, and a client's SYN is answered at once.
sim.lesson { "RFC 4987: a SYN flood against a SYN cache", zh = "RFC 4987：SYN 缓存抵挡 SYN 泛洪" }
local p = sim.params { n = 12 }
local entries <const>, bucket <const> = 4, 2
sim.defaults { arp = { warm = true }, tcp = { delayed_ack = false, nagle = false } }
local client = sim.host("A", { tcp = { isn = 100 } })
local r = sim.router("r")
local server = sim.host("S", { tcp = { syn_backlog = entries, syn_bucket = bucket, syn_overflow = "cache",
                                       synack_retries = 1 } })
sim.link(client, r, { delay = "5ms" })
local wire = sim.link(r, server, { delay = "5ms" })
r:route("203.0.113.0/24", "blackhole")
local listener = server:listen(80)

for i = 1, p.n do
  wire:inject({ ip = { src = "203.0.113." .. i, dst = server },
                tcp = { sport = 1000 + i, dport = 80, flags = "S", seq = i } }, { to = server })
  sim.sleep("10ms")
  check(listener.half_open <= entries, "the state stays under its bound")
end
check.equal(#server:packets { tcp = "S." }, p.n, "line 2: each was answered,")
check.equal(listener.half_open, entries, "and the cache is full of the newest of every bucket")
check(server.counters.TcpExtListenDrops >= p.n - entries, "the oldest of a full bucket went")

local start = sim.now()
local conn = client:connect(server, 80, { sport = 40000 })
check.equal(conn.state, "ESTABLISHED")
check.near(sim.now(), start + 0.020, 1e-6, "line 3 is answered at once")
check.trace({ client, server }, [[
  A > S  [S]   seq 0
  S > A  [S.]  seq 0 ack 1
  A > S  [.]   ack 1
]], { since = start })
sim.sleep("10ms")
check.equal(listener:accept().state, "ESTABLISHED")
