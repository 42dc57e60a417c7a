-- Three servers get the same FIN. How many segments until both directions are closed?
local course = require "course"
sim.lesson { "Why the middle two are separate", zh = "为什么是四次而不是三次",
             question = { "Why are the middle two separate?", zh = "中间两次为什么不合并？" },
             shows = { "The ACK is the kernel's and comes at once; the FIN is the program's and comes when it has finished.",
                       zh = "ACK 由内核马上回，FIN 要等程序说完才发，所以中间两次通常不能合并。" },
             flip = { server = "closes at once" } }
local p = sim.params { server = "still sends" }      -- which of the three to look at

-- What the client's FIN meets, and when each kind of answer leaves the server.
local function close(q)
  course.defaults()
  local client, server = course.pair {
    server = { tcp = { delayed_ack = q.server == "closes at once", delayed_ack_time = "40ms" } } }
  local conn, peer = course.connected(client, server)
  sim.sleep(1 - sim.now())
  server:spawn(function()
    peer:recv()
    if q.server == "still sends" then
      peer:stream(3000)
      sim.sleep("50ms")
    elseif q.server == "closes later" then
      sim.sleep("100ms")
    end
    peer:close()
  end)
  conn:shutdown()
  local bytes = conn:sink()
  conn:wait("TIME_WAIT")
  sim.sleep("10ms")
  local all = client:packets({ tcp = true }, { since = 1 })
  local first = client:packets({ src = server }, { since = 1 })[1]
  local fin = client:packets({ tcp = "F.", src = server })[1]
  check.equal(peer.state, "CLOSED")
  return { bytes, #all, first.tcp.flags, math.tointeger((first.time * 1000 - 1020 + 10) // 1),
           math.tointeger((fin.time * 1000 - 1020 + 10) // 1) }, client, server
end

local rows = {}
for i, kind in ipairs { "still sends", "closes later", "closes at once" } do
  local got = sim.play(close, { server = kind }).value
  rows[i] = { { kind, zh = ({ "还有 3000 字节", "100 毫秒后关闭", "马上关闭" })[i] },
              got[2], "[" .. got[3] .. "]", got[4], got[5] }
end
sim.table { "Three servers get the same FIN", zh = "三台服务器收到同样的 FIN", rows = rows,
            columns = { { "the server", zh = "服务器" }, { "segments", zh = "报文段数" }, { "first answer", zh = "最先的回答" },
                        { "after ms", zh = "毫秒后" }, { "its FIN after ms", zh = "多少毫秒后发 FIN" } } }
check.equal({ table.unpack(rows[1], 2) }, { 10, "[.]", 10, 60 }, "the ACK at once, then the data, the FIN last")
check.equal({ table.unpack(rows[2], 2) }, { 4, "[.]", 10, 110 }, "the textbook's four")
check.equal({ table.unpack(rows[3], 2) }, { 3, "[F.]", 10, 10 }, "ACK and FIN in one: three")

close(p)
sim.note { "The ACK says \"heard\", and the kernel can say that. \"I have finished, too\" only the program knows.",
           zh = "ACK 说的是“听到了”，内核就能答；“我也说完了”只有程序自己知道。" }
if p.server == "closes at once" then
  sim.note { "So the two can be merged: whenever the program closes before the delayed ACK leaves.",
             zh = "所以并非“不能合并”：程序赶在延迟确认发出之前关闭，两次就并成一次。" }
end
