-- Automatic routes in trees of every shape: whatever hangs where, and in whichever order the links were made, an echo
-- passes each router between two hosts once, and comes back.

-- parent(i) says below which router the i-th hangs, 1 being the root; `hosts` below each.
local function tree(routers, hosts, parent)
  sim.defaults { arp = { warm = true } }
  local up, depth, r, all = {}, { 0 }, { sim.router("r1") }, {}
  for i = 2, routers do
    r[i], up[i] = sim.router("r" .. i), parent(i)
    depth[i] = depth[up[i]] + 1
  end
  local links = {}
  for i = 2, routers do links[#links + 1] = { r[i], r[up[i]] } end
  for i = 1, routers do
    for k = 1, hosts do
      local host = sim.host("h" .. i .. "-" .. k)
      all[#all + 1], links[#links + 1] = { host = host, at = i }, { host, r[i] }
    end
  end
  for i = #links, 2, -1 do
    local j = math.random(i)
    links[i], links[j] = links[j], links[i]
  end
  for _, ends in ipairs(links) do sim.link(ends[1], ends[2], { delay = "1ms" }) end
  return { up = up, depth = depth, hosts = all }
end

-- Routers on the way from one to the other, both included.
local function between(t, a, b)
  local n = 1
  while a ~= b do
    if t.depth[a] < t.depth[b] then a, b = b, a end
    a, n = t.up[a], n + 1
  end
  return n
end

local function holds(t, pairs_of_hosts)
  for _ = 1, pairs_of_hosts do
    local i, j = math.random(#t.hosts), math.random(#t.hosts)
    if i ~= j then
      local a, b = t.hosts[i], t.hosts[j]
      local n, row = between(t, a.at, b.at), a.host:ping(b.host, { count = 1 }).rtts[1]
      check.equal(row.ttl, 64 - n, a.host.name .. " to " .. b.host.name)
      check.near(row.rtt, 2 * (n + 1) * 0.001, 1e-9, "and both ways are as long")
    end
  end
end

local function world(f) sim.play(f) end

world(function() holds(tree(40, 2, function(i) return math.random(i - 1) end), 60) end)            -- any
world(function() holds(tree(40, 2, function(i) return math.random(math.max(1, i - 3), i - 1) end), 60) end) -- skewed
world(function() holds(tree(50, 1, function(i) return i - 1 end), 40) end)                          -- a line
world(function() holds(tree(60, 1, function() return 1 end), 40) end)                               -- a star
world(function() holds(tree(63, 1, function(i) return i // 2 end), 60) end)                         -- a binary tree
world(function() holds(tree(1, 300, function() return 1 end), 40) end)                              -- one router
