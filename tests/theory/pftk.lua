-- Is Reno as fast as theory says? Goodput under random loss against the formula of Padhye, Firoiu, Towsley and Kurose
-- (SIGCOMM 1998), equation 30, with nothing but loss to limit it: no queue, and buffers larger than any window.
local p = sim.params { loss = 0.01, losses = 200, first = 1, seeds = 20, rtt = 0.1, delayed_ack = false }

-- Segments per second. t0: the timeout. b: cwnd grows by a segment in b round trips; the formula's authors had it grow
-- by ACKs, so that b is 2 with delayed ones. Here bytes are counted (RFC 5681 §3.1), and b is 1 either way.
local function pftk(loss, b, t0)
  local timeouts = t0 * math.min(1, 3 * math.sqrt(3 * b * loss / 8)) * loss * (1 + 32 * loss ^ 2)
  return 1 / (p.rtt * math.sqrt(2 * b * loss / 3) + timeouts)
end

local function goodput(seed)
  return sim.play(function()
    local mss = 1000
    sim.defaults { arp = { warm = true }, tcp = {
      congestion = "newreno", mss = mss, delayed_ack = p.delayed_ack, timestamps = false, sack = false,
      rcvbuf = "16MB", sndbuf = "16MB" } }
    sim.record(false)
    local a, b = sim.host("a"), sim.host("b")
    local wire = sim.link(a, b, { delay = p.rtt / 2, forward = { loss = p.loss }, queue = 1000000 })
    local listener = b:listen(9)
    b:spawn(function() listener:accept():sink() end)
    local conn = a:connect(b, 9)
    a:spawn(function() conn:stream(1e12) end)
    local function losses() return wire.counters.forward.lost end
    repeat sim.sleep(1) until losses() >= 5 -- the first slow start is none of the formula's
    local from, acked, before = sim.now(), conn:info().bytes_acked, losses()
    repeat sim.sleep(1) until losses() - before >= p.losses
    local info = conn:info()
    conn:abort()
    return { rate = (info.bytes_acked - acked) / mss / (sim.now() - from), rto = info.rto }
  end, {}, { seed = seed }).value
end

local sum, predicted = 0, 0
for seed = p.first, p.first + p.seeds - 1 do
  local got = goodput(seed)
  sum, predicted = sum + got.rate, predicted + pftk(p.loss, 1, got.rto)
end
local ratio = sum / predicted
print(string.format("loss %g: %.1f segments/s, %.1f predicted, ratio %.3f", p.loss, sum / p.seeds,
                    predicted / p.seeds, ratio))
check.near(ratio, 1, 0.2, "goodput within 20% of the prediction")
