-- SO_LINGER with zero seconds, then close(): the connection is aborted. What is lost?
local course = require "course"
sim.lesson { "Abort", zh = "强行复位",
             question = { "How is a connection aborted?", zh = "怎样强行断开一条连接？" },
             shows = { "An RST at once: what was not sent yet is thrown away, and there is no TIME-WAIT.",
                       zh = "SO_LINGER 置 0 再关闭：立即 RST，没发完的数据丢弃。" },
             flip = { ending = "close" } }
local p = sim.params { ending = "abort", reset_acks = false }

-- The server reads nothing until 5 s and takes no more than 1000 bytes; the client writes 6000 and ends.
local function story(q)
  course.defaults { reset_acks = q.reset_acks }
  local client, server = course.pair { server = { tcp = { rcvbuf = 1000 } } }
  local conn, peer = course.connected(client, server)
  sim.sleep(1 - sim.now())
  local reader = server:spawn(function()
    sim.sleep(5 - sim.now())
    return { peer:recv("all") }
  end)
  conn:stream(6000)
  sim.sleep("100ms")
  check.equal(conn:info().snd_wnd, 0, "the server's window is closed: 5000 bytes wait")
  local next = conn:info().snd_nxt - conn:info().iss
  conn[q.ending](conn)                           -- abort() is what SO_LINGER 0 makes of close()
  local state = conn.state
  local result = reader:wait()
  peer:close()
  return { state = state, next = next, data = result[1] and #result[1], err = result[2] }, client
end

local got, client = story { ending = p.ending, reset_acks = p.reset_acks }
local last = client:packets({ src = client }, { since = 1.1 })
if p.ending == "abort" then
  check.equal(got.state, "CLOSED", "at once, no TIME-WAIT")
  check.equal(got.err, "ECONNRESET", "the server's program is told")
  check.equal(#last, 1)
  check.near(last[1].time, 1.100, 0, "at once, although the window is closed")
  check.equal({ last[1].tcp.flags, last[1].tcp.seq - client:packets({ tcp = "S" })[1].tcp.seq }, { "R", got.next },
              "seq = SND.NXT")
  sim.note { "5000 bytes that were never sent are gone, and the program is told that no more will come: ECONNRESET.",
             zh = "还没发的 5000 字节丢了；服务器程序得到 ECONNRESET，知道不会再有数据来。" }
  local linux = sim.play(function()
    local _, c = story { ending = "abort", reset_acks = true }
    return c:packets({ src = c }, { since = 1.1 })[1].tcp.flags
  end).value
  check.equal(linux, "R.", "Linux's RST acknowledges, too")
  sim.note { "RFC 9293 §3.5.2 would like who sends a reset to enter TIME-WAIT; common stacks, and this one, go to CLOSED.",
             zh = "RFC 9293 §3.5.2 建议发出 RST 的一方进入 TIME-WAIT；常见实现（包括这里）都直接 CLOSED。" }
else
  check.equal(got.state, "FIN_WAIT_1")
  check.equal({ got.data, got.err }, { 6000 }, "close() waits in the background until all has been sent")
  local fin = client:packets { tcp = "FP.", src = client }[1] or client:packets { tcp = "F.", src = client }[1]
  check(fin.time > 5, "the FIN comes last of all")
  sim.note { "close() returns at once, but TCP goes on for the program: it probes the window, sends all, then the FIN.",
             zh = "close() 马上返回，TCP 却替程序继续干：探测窗口，发完数据，最后才发 FIN。" }
end
