-- Room for two in the accept queue, four clients, and a program that accepts nobody for ten seconds.
local course = require "course"
sim.lesson { "The application is too slow", zh = "全连接队列溢出",
             question = { "What if the application accepts too slowly?", zh = "程序 accept 得太慢会怎样？" },
             shows = { "The accept queue is full: the server ignores the third segment on purpose, " ..
                       "while the client believes that it is connected.",
                       zh = "全连接队列满：服务器故意忽略第三次握手，客户端却以为已经连上。" },
             flip = { accept_overflow = "rst" } }
local p = sim.params { accept_overflow = "drop", backlog = 2, third_writes = false }
course.defaults { accept_overflow = p.accept_overflow }
local server = sim.host("server", { ip = "10.0.0.10/24", mac = course.mac("10.0.0.10") })
local sw = sim.switch("sw")
sim.link(server, sw, { delay = "5ms" })
local listener = server:listen(80, { backlog = p.backlog })

local connected, conns, ended = {}, {}, {}
for i = 1, 4 do
  local ip = "10.0.0." .. i
  local host = sim.host("c" .. i, { ip = ip .. "/24", mac = course.mac(ip) })
  sim.link(host, sw, { delay = "5ms" })
  host:spawn(function()
    if i == 4 then sim.sleep("5s") end
    conns[i] = assert(host:connect(server, 80, { sport = 40000 }))
    connected[i] = sim.now()
    local data, err = conns[i]:recv()
    ended[i] = { err, sim.now() }
  end)
end
local full = {}                                  -- who is ESTABLISHED at the server, and when
sim.on("tcp:state_changed", function(event)
  if event.node == server and event.new == "ESTABLISHED" then full[event.remote] = event.time end
end)
local read_at
if p.third_writes then
  sim.spawn(function()
    sim.sleep("2s")
    conns[3]:send("ten bytes!")
  end)
end

sim.sleep("100ms")
check.equal(listener.queued, math.min(p.backlog, 3))
for i = 1, 3 do check.near(connected[i], 0.020, 1e-9, "client " .. i .. " believes that it is connected") end
if p.backlog == 2 and p.accept_overflow == "drop" then
  check.equal(listener.half_open, 1, "the third client's ACK was dropped: the server is still in SYN-RECEIVED")
  sim.note { "c3's third segment found the queue full, and was dropped on purpose. c3 knows nothing of it.",
             zh = "c3 的第三次握手碰上队列已满，被故意丢弃；c3 毫不知情。" }
end
sim.sleep(10 - sim.now())
server:spawn(function()
  while true do
    local conn = listener:accept()
    server:spawn(function()
      if conn:recv() then read_at = sim.now() end
    end)
  end
end)
sim.sleep(20 - sim.now())

if p.backlog > 2 then
  check.equal(server.counters.TcpExtListenOverflows, 0, "room enough: all is fine")
  check.near(connected[4], 5.020, 1e-9)
elseif p.accept_overflow == "rst" then
  check.equal(ended[3][1], "ECONNRESET", "tcp_abort_on_overflow: the third client is told at once")
  check.near(ended[3][2], 0.040, 1e-9)
else
  local again = {}
  for i, packet in ipairs(server:packets { tcp = "S.", dst = "10.0.0.3" }) do again[i] = packet.time end
  check.equal(again, { 0.010, 1.010, 3.010, 7.010, 15.010 }, "it repeats the SYN-ACK; each answer before 10 s is dropped")
  check.near(full["10.0.0.3:40000"], 15.030, 1e-9)
  local syns = {}
  for i, packet in ipairs(server:packets { tcp = "S", src = "10.0.0.4" }) do syns[i] = packet.time end
  check.equal(syns, { 5.010, 6.010, 8.010, 12.010 }, "client 4: SYNs are dropped, too, while the queue is full")
  check.near(connected[4], 12.020, 1e-9)
  if not p.third_writes then
    check.equal(server.counters.TcpExtListenOverflows, 7, "four ACKs and three SYNs")
    sim.play("accept-queue-overflow.lua", { third_writes = true })
  else
    local data = {}
    for i, packet in ipairs(server:packets { tcp = true, data = true }) do data[i] = packet.time - 0.010 end
    check.equal(#data, 5)
    for i, at in ipairs { 2, 3, 5, 9, 17 } do check.near(data[i], at, 1e-9, "the data is repeated, too") end
    check.near(read_at, 17.010, 1e-9, "ESTABLISHED by the ACK to the SYN-ACK of 15.010, but the bytes come later")
  end
end
sim.note { "\"Packets may be lost\" is too vague: third ACKs and new SYNs are ignored on purpose, so that repetitions heal a burst. (Linux's queue holds backlog + 1.)",
           zh = "“可能丢包”说得太笼统：故意忽略的是第三次握手和新的 SYN，好让重传来化解一时的拥挤（Linux 的队列其实能放 backlog + 1 个）。" }
