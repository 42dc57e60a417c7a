-- Loss, reordering, duplication and damage all at once, both ways: does every byte arrive?
local course = require "course"
sim.lesson { "It always arrives", zh = "恶劣网络下的完整传输",
             question = { "Does it survive everything at once?", zh = "各种故障一起上，还能完整传到吗？" },
             shows = { "Loss, reordering, duplicates and damage at once, a megabyte each way, and the " ..
                       "files are the same.",
                       zh = "丢包、乱序、重复、损坏一起上，两个方向各传 1 MB，文件依然完全一致。" } }
local p = sim.params { size = "1MB", loss = "10%", reorder = "20%", duplicate = "5%", corrupt = "1%",
                       fcs = true }
course.defaults { sndbuf = "256KiB" }
sim.defaults { fcs = p.fcs }
local client, server, wire = course.pair {
  link = { delay = "10ms", jitter = "2ms", loss = p.loss, reorder = p.reorder,
           duplicate = p.duplicate, corrupt = p.corrupt } }
local size = sim.number(p.size)

local up
local listener = server:listen(9000)
server:spawn(function()
  local conn = listener:accept()
  local sender = server:spawn(function() conn:stream(size); conn:shutdown() end)
  up = conn:sink()
  sender:wait()
  conn:close()
end)

local conn = client:connect(server, 9000)
client:spawn(function() conn:stream(size); conn:shutdown() end)
local down = conn:sink()
conn:close()
sim.settle()
check.equal(up, size, "every byte up, in order, once")
check.equal(down, size, "every byte down, in order, once")
check.equal(conn.state, "CLOSED")
check(wire.counters.lost > 0, "the wire lost nothing: no torture")
if not p.fcs then
  check(client.drops["tcp.checksum"] + server.drops["tcp.checksum"] > 0,
        "no frame check: TCP's own checksum must have found damage")
end
