-- figure.lua - two TCP peers, A and B, and what passes between them in the notation of the RFCs' figures.
--
-- A row is what one segment did: `SYN-SENT A>B <SEQ=100><CTL=SYN> SYN-RECEIVED`, with the states of A and B when it
-- has left the one and reached the other. Where a segment is delayed in the network, "..." in the RFCs, there is a row
-- for its departure, `A>`, with the states then, and one for its arrival, `>B`. One that nobody sent (an old duplicate,
-- a forgery) only arrives; one that is lost only departs. `fig:mark()` makes a row of states alone.
--
--   local figure = require "figure"
--   local fig, a, b, wire = figure.peers { a = { isn = 100 }, b = { isn = 300 } }
--   ...
--   fig:check [[
--     2  SYN-SENT  A>B  <SEQ=100><CTL=SYN>  SYN-RECEIVED
--   ]]

local figure = {}
figure.__index = figure

local delay <const> = 0.01

-- What the figures leave out, so that every segment is as they show it: a window of 8192, MSS the only option, every
-- ACK at once.
local plain = { rcvbuf = 8192, delayed_ack = false, nagle = false, msl = "2min", timestamps = false, sack = false,
                window_scale = false }

local function knobs(extra)
  local all = {}
  for name, value in pairs(plain) do all[name] = value end
  for name, value in pairs(extra or {}) do all[name] = value end
  return { tcp = all }
end

-- A 10.0.0.1 and B 10.0.0.2 with these TCP knobs beside `plain`, on one wire, 10 ms each way.
function figure.peers(options)
  options = options or {}
  sim.defaults { arp = { warm = true } }
  local fig = setmetatable({ since = 0, states = {}, marks = {}, held = {} }, figure)
  local a, b = knobs(options.a), knobs(options.b)
  a.ip, b.ip = "10.0.0.1/24", "10.0.0.2/24"
  fig.a, fig.b = sim.host("A", a), sim.host("B", b)
  fig.wire = sim.link(fig.a, fig.b, { delay = delay })
  sim.on("tcp:state_changed", function(event)
    fig.states[#fig.states + 1] = { time = event.time, node = event.node, state = event.new }
  end)
  sim.on("link:held", function(event) fig.held[event.id] = true end)
  return fig, fig.a, fig.b, fig.wire
end

-- From now on this is a peer's state, until an event says otherwise: "LISTEN" of a listener, "CLOSED" after a crash.
function figure:state(host, state)
  self.states[#self.states + 1] = { time = sim.now(), node = host, state = state }
end

-- The figure begins now.
function figure:start()
  self.since, self.marks = sim.now(), {}
end

-- A row of the states as they are now.
function figure:mark()
  self.marks[#self.marks + 1] = { time = sim.now(), left = self:at(self.a, sim.now()), right = self:at(self.b, sim.now()) }
end

-- An ESTABLISHED connection from A:40000 to B:80, both ends; the listener is closed, and the figure begins.
function figure:established()
  local listener = self.b:listen(80)
  local conn = assert(self.a:connect(self.b, 80, { sport = 40000 }))
  local peer = listener:accept()
  listener:close()
  sim.sleep("1s")
  self:start()
  return conn, peer
end

-- Puts a segment on the wire to a host, as if from the other, of A:40000 and B:80 unless told otherwise.
function figure:inject(to, tcp, payload)
  local from = to == self.a and self.b or self.a
  tcp.sport = tcp.sport or (from == self.a and 40000 or 80)
  tcp.dport = tcp.dport or (to == self.a and 40000 or 80)
  tcp.window = tcp.window or 8192
  self.wire:inject({ ip = { src = from, dst = to }, tcp = tcp, payload = payload }, { to = to })
end

local words <const> = { S = "SYN", F = "FIN", R = "RST", P = "PSH", U = "URG", ["."] = "ACK" }

-- The segment as the RFCs write it; PSH, which they leave out, too.
local function segment(packet)
  local tcp, ip = packet.tcp, packet.ip
  local controls = {}
  for letter in tcp.flags:gmatch("[SFRU.]") do controls[#controls + 1] = words[letter] end
  local len = ip.len - 4 * ip.ihl - 4 * tcp.offset
  return string.format("<SEQ=%d>%s%s<CTL=%s>", tcp.seq, tcp.flags:find(".", 1, true) and "<ACK=" .. tcp.ack .. ">" or "",
                       len > 0 and "<DATA=" .. len .. ">" or "", table.concat(controls, ","))
end

-- A peer's state when all that happens at this instant has happened.
function figure:at(host, time)
  local state = "CLOSED"
  for _, change in ipairs(self.states) do
    if change.time > time then break end
    if change.node == host then state = change.state end
  end
  return state
end

-- The rows of the segments from one peer to the other.
function figure:rows_from(from, to, from_name, to_name, rows)
  local arrivals, sent = {}, {}
  for _, packet in ipairs(to:packets { tcp = true, src = from, dst = to }) do
    if packet.kind == "received" then arrivals[#arrivals + 1] = packet end
  end
  for _, packet in ipairs(from:packets { tcp = true, src = from }) do
    if packet.kind == "sent" then sent[packet.id] = packet end
  end
  local on_time = {}
  for _, arrival in ipairs(arrivals) do
    local departure = sent[arrival.id]
    local late = self.held[arrival.id] or departure and arrival.time - departure.time > delay + 1e-6
    if departure and not late then
      on_time[arrival.id] = true
      local left = from == self.a and departure.time or arrival.time
      local right = from == self.a and arrival.time or departure.time
      rows[#rows + 1] = { time = departure.time, id = arrival.id,
                          text = string.format("%s %s>%s %s %s", self:at(self.a, left), from_name, to_name,
                                               segment(arrival), self:at(self.b, right)) }
    else
      rows[#rows + 1] = { time = arrival.time - delay, id = arrival.id, late = 1,
                          text = string.format("%s >%s %s %s", self:at(self.a, arrival.time), to_name, segment(arrival),
                                               self:at(self.b, arrival.time)) }
    end
  end
  for id, packet in pairs(sent) do
    if not on_time[id] then
      rows[#rows + 1] = { time = packet.time, id = id,
                          text = string.format("%s %s> %s %s", self:at(self.a, packet.time), from_name, segment(packet),
                                               self:at(self.b, packet.time)) }
    end
  end
end

-- What has passed since the figure began, and the marks, in the order they left, at the same instant first what a host
-- sent, then what the network had kept; each as one line of text.
function figure:lines()
  local rows = {}
  self:rows_from(self.a, self.b, "A", "B", rows)
  self:rows_from(self.b, self.a, "B", "A", rows)
  for _, mark in ipairs(self.marks) do
    rows[#rows + 1] = { time = mark.time, id = 0, text = mark.left .. " " .. mark.right }
  end
  table.sort(rows, function(x, y)
    if x.time ~= y.time then return x.time < y.time end
    if x.late ~= y.late then return not x.late end
    return x.id < y.id
  end)
  local lines = {}
  for _, row in ipairs(rows) do
    if row.time >= self.since - 1e-9 then lines[#lines + 1] = row.text end
  end
  return lines
end

-- The figure is exactly this: per line its number in the RFC, then the row. Checks a line at a time, so that a failure
-- names it. What was checked is done with: the next check begins with what comes after. `numbers` says what letters stand
-- for: with { C = 1000 } the figure may have `<SEQ=C>` and `<ACK=C+1>`.
function figure:check(expected, numbers)
  local lines, n = self:lines(), 0
  expected = expected:gsub("=(%u)%+?(%d*)>", function(letter, more)
    return string.format("=%d>", (numbers[letter] + (tonumber(more) or 0)) & 0xffffffff)
  end)
  for line in expected:gmatch("[^\n]+") do
    local number, row = line:match("^%s*(%S+)%s+(.-)%s*$")
    if number then
      n = n + 1
      check.equal(lines[n], (row:gsub("%s+", " ")), "line " .. number)
    end
  end
  for i = n + 1, #lines do check.equal(lines[i], nil, "a line more than the figure has") end
  self:start()
end

return figure
