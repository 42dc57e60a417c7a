-- May the very first segment carry data? It may; but who gets it, and when?
local course = require "course"
sim.lesson { "Data on the SYN", zh = "第一次握手能带数据吗",
             question = { "May the SYN carry data?", zh = "第一次握手可以携带数据吗？" },
             shows = { "Data on the first segment break no rule, but the program does not get them " ..
                       "before the connection is established.",
                       zh = "第一次握手带数据并不违规，但在连接建立之前不能交给应用程序。" },
             flip = { syn_data = "deliver-early" } }
local p = sim.params { syn_data = "rfc" }      -- also "ignore"
course.defaults { msl = "5s" }
-- A client that puts its request on the SYN without asking anybody. (Real ones do so with Fast Open only.)
local client, server, wire = course.pair {
  client = { tcp = { fastopen_cookieless = "client" } },
  server = { tcp = { syn_data = p.syn_data } },
}

local orders = {}                              -- when the program has read "pay 100"
local reader = course.serve(server, 8080, function(conn)
  local order = conn:recv(100)
  if order then orders[#orders + 1] = sim.now() end
  conn:close()
end)
local copied = wire:copy({ tcp = "S" }, { count = 1 })
local order = "pay 100" .. string.rep(".", 93)
local conn = client:connect(server, 8080, { sport = 40000, fastopen = order })
conn:close()
sim.sleep("1s")

check.equal(#client:packets({ tcp = "S" })[1].payload, 100, "the SYN carries 100 bytes")
local answer = client:packets({ tcp = "S." })[1]
local acked = (answer.tcp.ack - client:packets({ tcp = "S" })[1].tcp.seq) & 0xffffffff
if p.syn_data == "deliver-early" then
  check.equal(acked, 101)
  check.near(orders[1], 0.010, 1e-9, "the program has it before anybody knows who is calling")
else
  check.near(orders[1], 0.030, 1e-9, "the program gets it when the third segment has come, not before")
  check.equal(acked, 1, "the SYN-ACK acknowledges the SYN only")
  check.trace({ client, server }, [[
    0.000  client > server  [S]   seq 0  length 100
    0.010  server > client  [S.]  seq 0 ack 1
    ...
    0.020  client > server  seq 1:101 ack 1
    ...
  ]])
end
check.equal(#orders, 1)

-- The connection is over, TIME-WAIT too; then an old copy of the SYN comes out of the network.
sim.sleep(30 - sim.now())
sim.note { "An old duplicate of the SYN arrives, with its data.", zh = "旧 SYN 的一份副本到达，还带着数据。" }
copied:replay()
sim.sleep("1s")
if p.syn_data == "deliver-early" then
  check.equal(#orders, 2, "the order is executed twice")
  sim.note { "Delivered before the handshake is over, an old SYN pays a second time. This is what RFC 9293 forbids.",
             zh = "握手没完就把数据交给程序：旧 SYN 让钱付了两次。RFC 9293 禁止的正是这个。" }
else
  check.equal(#orders, 1, "the client's RST comes before anything is delivered")
  sim.note { "\"The SYN cannot carry data\" is wrong: it may, but nothing is delivered before ESTABLISHED (RFC 9293 §3.10.7.2).",
             zh = "“第一次握手不能带数据”不对：可以带，但进入 ESTABLISHED 之前不得交给程序（RFC 9293 §3.10.7.2）。" }
end
