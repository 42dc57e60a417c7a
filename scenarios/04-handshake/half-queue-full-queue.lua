-- Behind listen() stand two queues: who has sent a SYN, and who waits for accept().
local course = require "course"
sim.lesson { "Two queues behind listen()", zh = "半连接队列与全连接队列",
             question = { "What are the two queues behind listen?", zh = "listen 背后的两个队列是什么？" },
             shows = { "A SYN goes into the SYN queue, the third segment moves it to the accept queue, " ..
                       "accept() takes it out.",
                       zh = "SYN 到达进半连接队列，第三次握手完成移入全连接队列，accept 取走。" },
             flip = { lost = 0 } }
local p = sim.params { lost = 2 }            -- how often b's third segment is lost
course.defaults()
local h, sw, cables = course.lan()
local d = h.d
local listener = d:listen(80, { backlog = 5 })

local rows, queues = {}, {}
local function look(at)
  sim.sleep(at - sim.now())
  local line = d:sockets({ state = "LISTEN" })[1]
  check.equal({ line.recv_queue, line.send_queue }, { listener.queued, listener.backlog },
              "the listener's line in ss: Recv-Q is the accept queue, Send-Q the backlog")
  queues[#queues + 1] = listener.half_open .. "/" .. listener.queued
  rows[#rows + 1] = { string.format("%.3f", at), listener.half_open, listener.queued }
end
if p.lost > 0 then cables.b:drop({ tcp = ".", src = h.b }, { count = p.lost, from = h.b }) end
for i, name in ipairs { "a", "b", "c" } do
  sim.spawn(function()
    sim.sleep(i - 1)
    h[name]:connect(d, 80, { sport = 40000 })
  end)
end
for _, at in ipairs { 0.003, 0.010, 1.5, 3 } do look(at) end
if p.lost == 2 then
  sim.note { "c has overtaken b, whose third segment was lost twice.", zh = "b 的第三次握手丢了两次，被 c 超过。" }
end
look(4.5)
sim.table { "Behind d's listener", zh = "d 的监听套接字背后", rows = rows,
            columns = { { "second", zh = "时刻（秒）" }, { "half-open", zh = "半连接" }, { "accept queue", zh = "全连接" } } }

sim.sleep(5 - sim.now())
local order = {}
for i = 1, 3 do order[i] = listener:accept().remote_ip:sub(-1) end      -- a is .11, b .12, c .13
check.near(sim.now(), 5, 0, "all three are there")
look(5)
if p.lost == 2 then
  check.equal(queues, { "1/0", "0/1", "1/1", "1/2", "0/3", "0/0" }, "b is half-open till its third SYN-ACK, at 4.002, is answered")
  check.equal(order, { "1", "3", "2" }, "a, c, b: in the order of completion, not of the SYNs")
  sim.note { "Only now the program calls accept(), and gets a, c, b: in the order of completion, not of the SYNs.",
             zh = "程序现在才调用 accept()，依次得到 a、c、b：按握手完成的先后，不按 SYN 的先后。" }
else
  check.equal(queues, { "1/0", "0/1", "0/2", "0/3", "0/3", "0/0" })
  check.equal(order, { "1", "2", "3" }, "nothing lost: as they came")
  sim.note { "Only now the program calls accept(), and gets a, b, c: nothing was lost, so the order is that of the SYNs.",
             zh = "程序现在才调用 accept()，依次得到 a、b、c：什么也没丢，先来先得。" }
end
sim.note { "\"Queue\" is a model: Linux only counts the half-open ones, and the entries stand in the hash table of connections.",
           zh = "第一个叫半连接队列，不叫“未连接队列”。Linux 只是计数：条目放在连接的散列表里，“队列”是个模型。" }
sim.note { "Half-open here means SYN-RECEIVED. It is neither the RFC's half-open connection, one end of which has crashed, nor a half-close.",
           zh = "半连接（SYN-RECEIVED）不是 RFC 的半打开连接（一端崩溃），也不是半关闭。" }
