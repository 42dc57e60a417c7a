-- DCTCP keeps a queue that marks from 20 packets on at those 20, and the link full; Reno with ECN swings, for it halves.
local function run(congestion)
  return sim.play(function()
    sim.defaults { arp = { warm = true }, tcp = { congestion = congestion, ecn = "on", rcvbuf = "1MB", sndbuf = "1MB" } }
    sim.record(false)
    local a, r, b = sim.host("a"), sim.router("r"), sim.host("b")
    sim.link(a, r, { delay = "50us", rate = "10Gbit" })
    local wire = sim.link(r, b, { delay = "50us", rate = "1Gbit", queue = {
      type = "red", limit = 1000, min = 20, max = 21, probability = 1, weight = 0, gentle = false, harddrop = false, ecn = true } })
    local listener = b:listen(9)
    b:spawn(function() listener:accept():sink() end)
    local conn = a:connect(b, 9)
    a:spawn(function() conn:stream(1e12) end)
    sim.sleep("20ms")
    local from, low, high = conn:info().bytes_acked, math.huge, 0
    for _ = 1, 400 do
      sim.sleep("100us")
      low, high = math.min(low, wire.queued), math.max(high, wire.queued)
    end
    local info = conn:info()
    conn:abort()
    return { low = low, high = high, lost = info.retransmits, share = (info.bytes_acked - from) * 8 / 0.04 / 1e9 }
  end).value
end

local dctcp, reno = run("dctcp"), run("newreno")
check(dctcp.share > 0.95, "it fills the link")
check.equal(dctcp.lost, 0)
check(dctcp.low >= 10 and dctcp.high <= 30, "its queue stays near the mark")
check(dctcp.high - dctcp.low < 0.6 * (reno.high - reno.low), "and swings much less than Reno's")
