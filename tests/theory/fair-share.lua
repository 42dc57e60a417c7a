-- Do two equal flows share a link? They start at times drawn from the seed, and meet at a drop-tail queue.
local p = sim.params { congestion = "newreno", profile = "rfc", rate = "10Mbit", queue = 33, time = "60s", seeds = 10, least = 0.95 }
local time = sim.number(p.time)

-- Jain's index of what the two got.
local function share(seed)
  return sim.play(function()
    sim.defaults { arp = { warm = true }, tcp = {
      profile = p.profile, congestion = p.congestion, rcvbuf = "4MB", sndbuf = "4MB" } }
    sim.record(false)
    local left, right = sim.router("left"), sim.router("right")
    sim.link(left, right, { delay = "18ms", rate = p.rate, queue = p.queue })
    local conns = {}
    for n = 1, 2 do
      local from, to = sim.host("from" .. n), sim.host("to" .. n)
      sim.link(from, left, { delay = "1ms" })
      sim.link(right, to, { delay = "1ms" })
      local listener = to:listen(9)
      to:spawn(function() listener:accept():sink() end)
      from:spawn(function()
        sim.sleep(5 * math.random())
        conns[n] = from:connect(to, 9)
        conns[n]:stream(1e12)
      end)
    end
    sim.wait(function() return conns[1] and conns[2] end)
    local function acked() return conns[1]:info().bytes_acked, conns[2]:info().bytes_acked end
    local x0, y0 = acked()
    sim.sleep(time)
    local x, y = acked()
    x, y = x - x0, y - y0
    conns[1]:abort()
    conns[2]:abort()
    return { jain = (x + y) ^ 2 / (2 * (x * x + y * y)), used = (x + y) * 8 / time }
  end, {}, { seed = seed }).value
end

local sum = 0
for seed = 1, p.seeds do
  local got = share(seed)
  sum = sum + got.jain
  check(got.used > 0.9 * sim.number(p.rate), "and they use it")
end
print(string.format("%s: Jain's index %.3f", p.congestion, sum / p.seeds))
check(sum / p.seeds > p.least, "an even share")
