-- A program closes without having read all. What goes out then?
local course = require "course"
sim.lesson { "close() that resets", zh = "close 也可能发 RST",
             question = { "Does close() always send a FIN?", zh = "close 总是发 FIN 吗？" },
             shows = { "Data that nobody has read is lost, and an RST says so; a FIN would pretend that all was well.",
                       zh = "还有没读完的数据就 close，发出的是 RST 而不是 FIN。" },
             flip = { reads = true } }
local p = sim.params { reads = false, reset_acks = false }

local function close(q)
  course.defaults { reset_acks = q.reset_acks }
  local client, server = course.pair()
  local conn, peer = course.connected(client, server)
  sim.sleep(1 - sim.now())
  peer:send("ten bytes.")
  local told = server:spawn(function()
    local data, err = peer:recv()
    peer:close()
    return err
  end)
  sim.sleep("100ms")
  if q.reads then check.equal(conn:recv(), "ten bytes.") end
  conn:close()
  local after = conn.state
  sim.sleep("100ms")
  return after, told:wait(), client
end

local after, told, client = close { reads = p.reads, reset_acks = p.reset_acks }
if not p.reads then
  check.equal(after, "CLOSED", "at once: no FIN-WAIT, no TIME-WAIT")
  check.equal(told, "ECONNRESET", "and the server's program is told")
  check.trace(client, [[
    1.010  server > client  [P.]  seq 1:11 ack 1
    1.010  client > server  [.]   ack 11
    1.100  client > server  [R]   seq 1
  ]], { since = 1 })
  check.equal(#client:packets { tcp = "F." }, 0)
  sim.note { "TCP had acknowledged the ten bytes, but the program never read them. The server must not believe that they were heard.",
             zh = "TCP 确认了那十个字节，程序却没读。不能让服务器以为对方已经听到了。" }
  local linux = sim.play(function()
    local state, err, c = close { reads = false, reset_acks = true }
    return { state, err, c:packets({ src = c }, { since = 1.1 })[1].tcp.flags }
  end).value
  check.equal(linux, { "CLOSED", "ECONNRESET", "R." })
  sim.note { "RFC 9293 §3.10.5 gives the RST seq = SND.NXT alone; Linux acknowledges with it, too: [R.]. Why: §3.6.1 SHLD-3, RFC 2525 §2.17.",
             zh = "按 RFC 9293 §3.10.5，RST 只带序号 SND.NXT；Linux 还带 ACK：[R.]。理由见 §3.6.1 SHLD-3 和 RFC 2525 §2.17。" }
  sim.note { "So \"every close() begins the four-way close\" is wrong.", zh = "所以“close() 必然开始四次挥手”不对。" }
else
  check.equal({ after, told }, { "FIN_WAIT_1", "EOF" })
  check.equal(#client:packets { tcp = "R" }, 0)
  sim.note { "All was read: close() sends a FIN, and the close is orderly.", zh = "都读完了：close() 发 FIN，正常挥手。" }
end
