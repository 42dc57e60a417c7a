-- A random network, random faults, random transfers, all from the seed. The oracle: every byte stream
-- that ends orderly has arrived whole, and every other one ended with an error that TCP may give.
local p = sim.params { hosts = 6, routers = 3, flows = 8, size = "60kB" }
sim.defaults { tcp = { msl = "1s" }, arp = { retry = "200ms" } }
local R = math.random

local function bad_link()
  return { delay = R(1, 30) / 1000, jitter = R(0, 5) / 1000, loss = R(0, 6) / 100, duplicate = R(0, 3) / 100,
           reorder = R(0, 10) / 100, corrupt = R(0, 2) / 100, rate = R(1, 20) * 1000000, queue = R(20, 100) }
end

-- A tree of routers with a few more cables, hosts on random routers, some behind a switch.
local routers, hosts, links = {}, {}, {}
for i = 1, p.routers do
  routers[i] = sim.router("r" .. i)
  if i > 1 then links[#links + 1] = sim.link(routers[i], routers[R(1, i - 1)], bad_link()) end
end
if p.routers > 2 then links[#links + 1] = sim.link(routers[1], routers[p.routers], bad_link()) end
local sw = sim.switch("sw")
links[#links + 1] = sim.link(sw, routers[1], bad_link())
for i = 1, p.hosts do
  hosts[i] = sim.host("h" .. i)
  local to = R(1, 3) == 1 and sw or routers[R(1, p.routers)]
  links[#links + 1] = sim.link(hosts[i], to, bad_link())
end

-- Cables come out and go in again while it runs; now and then one segment is damaged in a router.
for i = 1, 3 do
  local cable = links[R(1, #links)]
  sim.spawn(function()
    sim.sleep(R(100, 3000) / 1000)
    cable:down()
    sim.sleep(R(50, 2000) / 1000)
    cable:up()
  end)
end
links[R(1, #links)]:corrupt({ tcp = true, data = true }, { probability = 0.01 })
links[R(1, #links)]:duplicate({ tcp = true }, { probability = 0.02, delay = "300ms" })

local size = sim.number(p.size) // 1
local ended, whole = 0, 0
local may_fail = { ECONNRESET = true, ETIMEDOUT = true, EHOSTUNREACH = true, ENETUNREACH = true }
for flow = 1, p.flows do
  local from = R(1, p.hosts)
  local to = (from + R(1, p.hosts - 1) - 1) % p.hosts + 1
  local length, port = R(1, size), 9000 + flow
  local got
  local listener = hosts[to]:listen(port)
  hosts[to]:spawn(function()
    local conn = listener:accept()
    got = conn:sink()
    conn:close()
  end)
  hosts[from]:spawn(function()
    sim.sleep(R(0, 500) / 1000)
    local conn, err = hosts[from]:connect(hosts[to], port)
    if conn then
      local sent
      sent, err = conn:stream(length)
      conn:shutdown()
      if sent == length then
        local data
        data, err = conn:recv()
        if err == "EOF" then
          whole = whole + 1
          check.equal(got, length, "flow " .. flow .. ": an orderly end means that all has arrived")
        end
      end
      conn:close()
    end
    check(err == "EOF" or may_fail[err], "flow " .. flow .. " ended with " .. tostring(err))
    ended = ended + 1
  end)
end
sim.settle()
check.equal(ended, p.flows, "no flow hangs")
check(whole > 0, "not one transfer came through")
