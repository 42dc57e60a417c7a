-- Two downloads meet at one bottleneck, the second five seconds late. Does the first make room?
local course = require "course"
sim.lesson { "Sharing fairly", zh = "两条连接分带宽",
             question = { "Does the connection that was there first keep the line?", zh = "先来的连接会一直占着线路吗？" },
             shows = { "Two flows on one link, adding and halving, come to share it about evenly.",
                       zh = "两条连接抢同一条链路，靠加性增、乘性减逐渐分得差不多。" },
             flip = { congestion = "none" } }
local p = sim.params { congestion = "newreno", second = "", rate = "10Mbit", delay = "15ms", queue = "100KiB" }
local second = p.second ~= "" and p.second or p.congestion
course.defaults { window_scale = true, rcvbuf = 1048576, sndbuf = 1048576, sack = true,
                  congestion = p.congestion }
local r = sim.router("r")
local servers = {}
for i, congestion in ipairs { p.congestion, second } do
  servers[i] = sim.host("server" .. i, { tcp = { congestion = congestion } })
  sim.link(servers[i], r, { delay = "5ms" })
end
local line = sim.switch("line")
local tight = sim.link(r, line, { rate = p.rate, delay = p.delay, queue = p.queue })

local bytes = {}
local function download(i)
  local host = sim.host("client" .. i)
  sim.link(host, line, { delay = "0ms" })
  local conn = assert(host:connect(servers[i], 9000))
  bytes[i] = 0
  host:spawn(function()
    local data = conn:recv()
    while data do
      bytes[i] = bytes[i] + #data
      data = conn:recv()
    end
  end)
  return conn
end
for _, server in ipairs(servers) do
  server:spawn(function() server:listen(9000):accept():stream(1e9) end)
end

local conns = { download(1) }
sim.sleep(5 - sim.now())
conns[2] = download(2)
sim.sleep(30 - sim.now())
local half = { bytes[1], bytes[2] }
sim.sleep("30s")
local line_rate = sim.number(p.rate)
local rates = { (bytes[1] - half[1]) * 8 / 30 / line_rate, (bytes[2] - half[2]) * 8 / 30 / line_rate }
for _, conn in ipairs(conns) do conn:abort() end

print(string.format("of %s the first gets %.1f%%, the second %.1f%%", p.rate, rates[1] * 100, rates[2] * 100))
local jain = (rates[1] + rates[2]) ^ 2 / (2 * (rates[1] ^ 2 + rates[2] ^ 2))
if second ~= p.congestion then
  check(rates[1] + rates[2] > 0.9, "whoever has it, the line is busy")
elseif p.congestion ~= "none" then
  check(rates[1] / rates[2] > 0.8 and rates[1] / rates[2] < 1.25, "a fair share for each, over half a minute")
  check(rates[1] + rates[2] > 0.9, "and the line is busy")
else
  check(rates[1] + rates[2] < 0.1, "nobody makes room, and nobody gets anything: most of what passes has passed before")
end
return { jain = jain, rates = rates, drops = tight.counters.queue_drops }
