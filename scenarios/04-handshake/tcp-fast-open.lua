-- May the request ride on the first segment? With a cookie from the last visit: one round trip less.
local course = require "course"
sim.lesson { "Data on the SYN, done properly", zh = "TFO：第一次握手就带上请求",
             question = { "How does a request save the handshake's round trip?",
                          zh = "请求怎样省掉握手的那个往返？" },
             shows = { "The first visit fetches a cookie; with it, the next one's SYN carries the " ..
                       "request, and saves a round trip.",
                       zh = "TFO：第一次来领 Cookie，第二次凭 Cookie 在 SYN 里直接带请求，省一个往返。" },
             flip = { fastopen = "off" } }
local p = sim.params { fastopen = "both" }
course.defaults()
local client, server, wire = course.pair { client = { tcp = { fastopen = p.fastopen } } }

local request, answer = string.rep("q", 41), string.rep("a", 100)
local read_at = {}
course.serve(server, 80, function(conn, visit)
  conn:recv(#request)
  read_at[visit] = sim.now()
  conn:send(answer)
  conn:close()
end, { fastopen = true })

-- A visit: when the request was read and the answer there, both since its beginning; and whether
-- the data of the SYN was taken.
local function visit(n)
  local start = sim.now()
  local conn = client:connect(server, 80, { sport = 40000 + n, fastopen = request })
  conn:recv(#answer)
  local there, syn_data = sim.now() - start, conn:info().syn_data
  conn:close()
  local read = read_at[n] - start
  sim.sleep("1s")
  return read, there, syn_data
end

local function visit_is(n, read, there, syn_data, why)
  local r, t, s = visit(n)
  check.near(r, read, 1e-9, why)
  check.near(t, there, 1e-9, why)
  check.equal(s, syn_data, why)
end

if p.fastopen == "off" then
  for n = 1, 3 do visit_is(n, 0.030, 0.040, false, "an ordinary handshake each time") end
  check.equal(server.counters.TcpExtTCPFastOpenPassive, 0)
  return
end

sim.note { "First visit: the SYN asks for a cookie, and an ordinary handshake brings it.",
           zh = "第一次来：SYN 讨一个 Cookie，握手照旧。" }
visit_is(1, 0.030, 0.040, false, "the first visit fetches the cookie")
local asked = client:packets { tcp = "S" }[1]
local given = server:packets { tcp = "S." }[1]
check.equal(asked.tcp.fastopen, "", "an empty option asks")
check.equal(#given.tcp.fastopen, 8, "a cookie of eight bytes comes back")

sim.note { "Second visit: cookie and request ride on the SYN; the answer is there after one round trip.",
           zh = "第二次来：Cookie 和请求都在 SYN 里，一个往返就拿到回答。" }
local since = sim.now()
visit_is(2, 0.010, 0.020, true, "with the cookie the request is read before the handshake is over")
check.trace(client, [[
 1.040  client > server  [S]   length 41
 1.060  server > client  [S.]  ack 42
  ...
]], { since = since, filter = { tcp = true } })

-- The third visit's cookie is changed on its way.
sim.note { "Third visit: the cookie is a forged one. Its data is passed over, the handshake is an ordinary one.",
           zh = "第三次来：Cookie 是伪造的，数据不算，老老实实握手。" }
wire:modify({ tcp = "S", sport = 40003 }, function(packet) packet.tcp.fastopen = "forged!!" end,
            { count = 1, sums = true })
visit_is(3, 0.030, 0.040, false, "a bad cookie costs nothing but the saving")
check.equal(server.counters.TcpExtTCPFastOpenPassiveFail, 1)

-- The price: nothing but TIME-WAIT tells an old SYN from a new one.
sim.sleep("65s")
sim.note { "TIME-WAIT is over, and an old duplicate of the second visit's SYN arrives: the program reads the request again.",
           zh = "TIME-WAIT 已过，第二次的 SYN 的旧副本又到了：程序再次收到同一份请求。" }
local replayed = client:packets { tcp = "S", sport = 40002 }[1]
local served = #read_at
wire:inject(replayed, { to = server })
sim.sleep("100ms")
check.equal(#read_at, served + 1, "so only what may be done twice should be asked for like this")
