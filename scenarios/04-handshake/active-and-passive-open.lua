-- Who calls, who waits, and who has reserved what by then?
local course = require "course"
sim.lesson { "Who calls, who waits", zh = "主动打开与被动打开",
             question = { "Who allocates what, and when?", zh = "谁在什么时候分配了什么？" },
             shows = { "listen() opens passively and connect() actively; the client's control block " ..
                       "exists from connect() on.",
                       zh = "先 listen 后 connect：服务器被动打开，客户端主动打开；客户端的控制块从 connect 起就存在。" },
             flip = { listens_first = false } }
local p = sim.params { listens_first = true }
course.defaults()
local client, server = course.pair()

local listener
if p.listens_first then
  listener = server:listen(80)
  check.equal(server:sockets({})[1].state, "LISTEN", "the passive open")
  check.equal(select(2, server:listen(80)), "EADDRINUSE", "a second program cannot have the same port")
end

local rows = {}
local function look(at, zh)
  local function states(host)
    local list = {}
    for i, row in ipairs(host:sockets {}) do list[i] = row.state end
    return table.concat(list, " + ")
  end
  rows[#rows + 1] = { { at, zh = zh }, states(client), states(server) }
end
look("before", "之前")
local dialling = client:spawn(function() return client:connect(server, 80, { sport = 40000 }) end)
for i, when in ipairs { { "SYN on its way", "SYN 在路上" }, { "SYN-ACK on its way", "SYN+ACK 在路上" },
                        { "ACK on its way", "ACK 在路上" }, { "afterwards", "之后" } } do
  sim.sleep((i * 10 - 5) / 1000 - sim.now())
  look(table.unpack(when))
end
local conn, err = dialling:wait()
sim.table { "Sockets of the two", zh = "双方的套接字", rows = rows,
            columns = { { "when", zh = "时刻" }, { "client", zh = "客户端" }, { "server", zh = "服务器" } } }
local function column(n)
  local cells = {}
  for i, row in ipairs(rows) do cells[i] = row[n] end
  return cells
end

if p.listens_first then
  check.equal(column(2), { "", "SYN_SENT", "SYN_SENT", "ESTABLISHED", "ESTABLISHED" })
  check.equal(column(3), { "LISTEN", "LISTEN", "LISTEN + SYN_RECEIVED", "LISTEN + SYN_RECEIVED", "LISTEN + ESTABLISHED" })
  check.equal(err, nil)
  sim.note { "The client has its whole control block from connect() on, before a single segment was sent (RFC 9293 §3.10.1).",
             zh = "客户端的控制块从 connect() 起就有了，那时一个报文段还没发（RFC 9293 §3.10.1）。" }
  sim.note { "The server keeps a small entry from SYN to ACK (some 300 bytes in Linux), the socket and its buffers only then (RFC 4987 §3.5).",
             zh = "从 SYN 到 ACK，服务器只留一个小条目（Linux 约 300 字节）；套接字和缓存要到第三次握手才分配（RFC 4987 §3.5）。" }
else
  check.equal(err, "ECONNREFUSED", "connect() before listen(): nobody waits")
  check.equal(column(2), { "", "SYN_SENT", "SYN_SENT", "", "" })
  check.equal(column(3), { "", "", "", "", "" })
end
sim.note { "LISTEN begins with listen(), not bind(). Ports below 1024 need a privilege on real systems (EACCES); here are no users.",
           zh = "LISTEN 从 listen() 开始，不是 bind()。真实系统里 1024 以下的端口需要特权（EACCES），这里没有用户之分。" }
