-- A server's program forgets to close. What becomes of it, and of its clients?
local course = require "course"
sim.lesson { "The server that forgets to close", zh = "CLOSE-WAIT 堆积",
             question = { "Why do CLOSE-WAITs pile up?", zh = "CLOSE-WAIT 为什么会堆积？" },
             shows = { "CLOSE-WAIT lasts until the program closes; if it never does, it runs out of descriptors.",
                       zh = "程序忘了 close，CLOSE-WAIT 越积越多，直到描述符耗尽。" },
             flip = { closes = true } }
local p = sim.params { closes = false, clients = 3, descriptors = 2 }

local function count(host, state) return #host:sockets { state = state } end
-- So many clients connect, ask, and close; the counts at 30 s, 90 s and after an hour.
local function leak(q)
  course.defaults { backlog = 10 }
  local client, server = course.pair()
  -- Each connection takes one of the program's free descriptors, and close() gives it back. With none
  -- left accept() would say EMFILE, and the program can only wait.
  local listener = server:listen(8080)
  local free, answered = q.descriptors, 0
  server:spawn(function()
    while true do
      sim.wait(function() return free > 0 end)
      local conn = listener:accept()
      free = free - 1
      server:spawn(function()
        conn:recv("line")
        conn:send("answer\n")
        check.equal(select(2, conn:recv()), "EOF")   -- the client has hung up
        if q.closes then                             -- and that is the bug: no close()
          conn:close()
          free = free + 1
        end
      end)
    end
  end)
  for i = 1, q.clients do
    client:spawn(function()
      sim.sleep(i * 0.1)
      local conn = assert(client:connect(server, 8080))
      conn:send("question\n")
      if conn:recv("line", { timeout = "10s" }) then
        answered = answered + 1
      elseif q.told then
        sim.note { "No answer: with no descriptor left the program cannot accept this connection (EMFILE). It waits in the accept queue, and only the kernel acknowledges. The client gives up.",
                   zh = "没有应答：描述符用完，程序的 accept() 失败（EMFILE），这条连接留在全连接队列里，只有内核在确认。客户端等不下去了。" }
      end
      conn:close()
    end)
  end
  local rows = {}
  for i, at in ipairs { 30, 90, 3590 } do
    sim.sleep(at - sim.now())
    if at == 90 and q.told and not q.closes then
      sim.note { "The clients' kernels gave up FIN-WAIT-2 after 60 s (fin_timeout), and told the server nothing.",
                 zh = "客户端内核的 FIN-WAIT-2 等 60 秒就放弃了（fin_timeout），却没有通知服务器。" }
    end
    rows[i] = { at, answered, listener.queued, count(server, "CLOSE_WAIT"), count(client, "FIN_WAIT_2") }
  end
  check(select(2, server:netstat():gsub("CLOSE_WAIT", "")) == rows[3][4], "netstat shows them")
  return rows
end

local rows = sim.play(leak, { closes = p.closes, clients = 25, descriptors = 20 }).value
sim.table { "25 clients; the server's program has 20 descriptors", zh = "25 个客户端；服务器程序有 20 个描述符", rows = rows,
            columns = { { "second", zh = "秒" }, { "answered", zh = "得到应答" }, { "accept queue", zh = "全连接队列" },
                        "CLOSE-WAIT", "FIN-WAIT-2" } }
sim.note { string.format("The same, small enough to look at: %d clients, %d descriptors.", p.clients, p.descriptors),
           zh = string.format("缩小了再看一遍：%d 个客户端，%d 个描述符。", p.clients, p.descriptors) }
local few = leak { closes = p.closes, clients = p.clients, descriptors = p.descriptors, told = true }
if p.closes then
  check.equal(rows, { { 30, 25, 0, 0, 0 }, { 90, 25, 0, 0, 0 }, { 3590, 25, 0, 0, 0 } }, "every client is served")
  check.equal(few[3], { 3590, p.clients, 0, 0, 0 })
  sim.note { "With close() every descriptor comes back.", zh = "有了 close()，描述符都还了回来。" }
else
  check.equal(rows, { { 30, 20, 5, 25, 25 }, { 90, 20, 5, 25, 0 }, { 3590, 20, 5, 25, 0 } })
  check.equal(few[3], { 3590, 2, 1, 3, 0 })
  sim.note { "\"CLOSE-WAIT lasts for a while\" is wrong: it lasts until the program closes. No timer of TCP's ends it.",
             zh = "“CLOSE-WAIT 持续一段时间”不对：它持续到程序 close 为止，TCP 没有计时器管它。" }
end
