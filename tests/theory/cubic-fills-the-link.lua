-- Does one CUBIC flow fill a long fat link? 100 Mbit/s, 40 ms, and a queue of one bandwidth-delay product.
local p = sim.params { profile = "rfc" }
local rate, rtt, frame, payload = 100e6, 0.04, 1514, 1448

-- What it got in each of five times ten seconds, as shares of the link, and what was lost meanwhile.
local got = sim.play(function()
  sim.defaults { arp = { warm = true }, tcp = { profile = p.profile, congestion = "cubic", rcvbuf = "8MB", sndbuf = "8MB" } }
  sim.record(false)
  local a, b = sim.host("a"), sim.host("b")
  sim.link(a, b, { delay = rtt / 2, rate = rate, queue = rate * rtt // 8 // frame })
  local listener = b:listen(9)
  b:spawn(function() listener:accept():sink() end)
  local conn = a:connect(b, 9)
  a:spawn(function() conn:stream(1e12) end)
  sim.sleep(10)
  local shares, losses = {}, conn:info().retransmits
  for n = 1, 5 do
    local before = conn:info().bytes_acked
    sim.sleep(10)
    shares[n] = (conn:info().bytes_acked - before) * 8 / 10 / (rate * payload / frame)
  end
  losses = conn:info().retransmits - losses
  conn:abort()
  return { shares = shares, losses = losses }
end).value

local sum = 0
for n, share in ipairs(got.shares) do
  check(share > 0.95, string.format("%d s to %d s: %.1f%% of the link", 10 * n, 10 * n + 10, share * 100))
  sum = sum + share
end
check(got.losses > 0, "it filled the queue too")
print(string.format("%.2f%% of the link", sum / 5 * 100))
