-- Sources, loads and services put on the wire what a task would, at the same instants; and what they count is what has come.
local p = sim.params { tasks = false }
local function world(f, params) return sim.play(f, params).value end

local function pair(tcp, link)
  sim.defaults { arp = { warm = true }, tcp = tcp }
  local a, b = sim.host("a"), sim.host("b")
  return a, b, sim.link(a, b, link or { delay = "10ms", rate = "10Mbit" })
end

-- Every packet as tcpdump prints it, with its time and its text.
local function seen(node)
  local rows = {}
  for i, packet in ipairs(node:packets()) do rows[i] = ("%.9f %s %s"):format(packet.time, packet, packet.payload) end
  return table.concat(rows, "\n")
end

local function same(f, why)
  local by_tasks, by_itself = world(f, { tasks = true }), world(f, { tasks = false })
  check(#by_tasks > 1000, "there is something to compare")
  check(by_tasks == by_itself, why)
end

-- A source, over a link too narrow for it, with datagrams that have to be cut.
for size, mtu in pairs { [100] = 1500, [2000] = 600 } do
  same(function(params)
    local a, b = pair({}, { delay = "3ms", rate = "10Mbit", queue = 5, loss = "10%", mtu = mtu })
    local from, to = a:udp(7), b:udp(9)
    to:sink()
    if params.tasks then
      -- The same text, as somebody has received it from a source before.
      local texts = world(function()
        local c, d = pair()
        local s, out = d:udp(9), {}
        c:udp(7):stream(d, 9, { count = 60, size = size, every = "10ms" })
        sim.settle()
        for i = 1, 60 do out[i] = s:recvfrom() end
        return out
      end)
      for i = 1, 60 do
        from:sendto(texts[i], b, 9)
        if i < 60 then sim.sleep("80us") end
      end
    else
      check.equal(from:stream(b, 9, { count = 60, size = size, every = "80us" }), 60)
    end
    sim.settle()
    return seen(a) .. seen(b) .. to.received_bytes
  end, "datagrams of " .. size .. " bytes are those that a task sends")
end

-- A load, with losses, through a small buffer.
for profile, loss in pairs { rfc = 0, linux = "3%" } do
  same(function(params)
    local a, b = pair({ profile = profile, msl = "1s" }, { delay = "5ms", rate = "50Mbit", loss = loss, queue = 30 })
    local listener, done = b:listen(80, { backlog = 100, nodelay = true }), 0
    if params.tasks then
      b:spawn(function()
        while true do
          local conn = listener:accept()
          b:spawn(function() conn:recv(200) conn:stream(5000) conn:recv() conn:close() end)
        end
      end)
      for _ = 1, 50 do
        a:spawn(function()
          local conn = a:connect(b, 80)
          conn:stream(200)
          if #conn:recv(5000) == 5000 then done = done + 1 end
          conn:close()
        end)
        sim.sleep("2ms")
      end
      sim.settle()
    else
      listener:serve { response = 5000 }
      local load = a:load(b, 80, { connections = 50, every = "2ms", response = 5000 })
      sim.settle()
      done = load.done
    end
    check.equal(done, 50, "all are served")
    return seen(a)
  end, "connections are those that tasks make, " .. profile)
end

-- TIME-WAIT piles up at who closes first. At the client ports run out; at the server a SYN that is newer takes one over.
for _, first in ipairs { "client", "server" } do
  world(function()
    local a, b = pair({ msl = "10s", port_min = 50000, port_max = 50009 })
    b:listen(80, { nodelay = true }):serve { exchanges = first == "server" and 1 or nil }
    local load = a:load(b, 80, { connections = 30, every = "100ms", passive = first == "server" })
    load:wait()
    sim.sleep("1s")
    local waits = (first == "client" and a or b):sockets { state = "TIME_WAIT" }
    check.equal(#waits, 10, "TIME-WAIT at the " .. first)
    check.equal(load.done, first == "client" and 10 or 30)
    check.equal(load.failures.EADDRNOTAVAIL, first == "client" and 20 or nil)
  end)
end

-- Under a flood of SYNs a server without cookies serves few of those who wait a second for it, one with cookies all.
for cookies, served in pairs { off = false, auto = true } do
  world(function()
    local a, b = pair({ syn_backlog = 16, syncookies = cookies }, { delay = "5ms" })
    b:listen(80, { nodelay = true }):serve {}
    local load = a:load(b, 80, { connections = 100, every = "10ms", timeout = "500ms" })
    for i = 1, 2000 do
      a:send_raw { ip = { src = "10.0.1.77", dst = b }, tcp = { sport = i, dport = 80, seq = i, flags = "S" } }
      sim.sleep("500us")
    end
    load:wait()
    check.equal(load.done + load.failed, 100)
    if served then check.equal(load.done, 100) else check(load.failures.TIMEOUT > 50, load.failures.TIMEOUT) end
  end)
end
