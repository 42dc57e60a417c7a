-- A FIN carries no data. Why does it have a number all the same?
local course = require "course"
sim.lesson { "FIN has a number", zh = "FIN 占一个序号",
             question = { "Does FIN use a sequence number?", zh = "FIN 占不占序号？" },
             shows = { "FIN takes one number, so it can be acknowledged, and sent again.",
                       zh = "FIN 不带数据也占一个序号，所以能被确认、能被重传。" },
             flip = { lost = 0 } }
local p = sim.params { bytes = 100, lost = 1 }

-- The client sends so many bytes, and its FIN, which is lost so many times.
local function close(q)
  course.defaults()
  local client, server, wire = course.pair()
  local conn, peer = course.connected(client, server)
  sim.sleep(1 - sim.now())
  course.close_at_eof(server, peer, "5s")
  if q.bytes > 0 then
    conn:send(string.rep("x", q.bytes))
    sim.sleep("100ms")
  end
  if q.lost > 0 then wire:drop({ tcp = "F.", src = client }, { count = q.lost }) end
  local before = conn:info()
  conn:close()
  check.equal(conn:info().snd_nxt - before.snd_nxt, 1, "SND.NXT moves by one for the FIN alone")
  peer:wait("CLOSE_WAIT")
  sim.sleep("10ms")
  local fins = client:packets { tcp = "F.", src = client }
  local acks = client:packets { tcp = ".", src = server }
  local isn = client:packets({ tcp = "S" })[1].tcp.seq
  check.equal(#fins, 1 + q.lost)
  for _, fin in ipairs(fins) do
    check.equal(fin.tcp.seq - isn, q.bytes + 1, "the number behind the last byte, also when it comes again")
    check.equal(#fin.payload, 0)
  end
  return { fins[1].tcp.seq - isn, acks[#acks].tcp.ack - isn, #fins }
end

local rows = {}
for _, bytes in ipairs { 0, 100 } do
  for lost = 0, 1 do
    local got = sim.play(close, { bytes = bytes, lost = lost }).value
    check.equal(got, { bytes + 1, bytes + 2, lost + 1 })
    rows[#rows + 1] = { bytes, lost, got[1], got[2], got[3] }
  end
end
sim.table { "The client's FIN", zh = "客户端的 FIN", rows = rows,
            columns = { { "bytes before", zh = "之前的字节" }, { "times lost", zh = "丢失次数" }, "FIN seq", "ACK",
                        { "FINs sent", zh = "发了几个 FIN" } } }
close(p)
sim.note { "Without a number of its own, the ACK of a FIN would look like the ACK of the last byte.",
           zh = "FIN 若没有自己的序号，对它的确认就和对最后一个字节的确认一模一样。" }
if p.lost > 0 then
  sim.note { "The FIN that was lost comes again after one second, with the same number.",
             zh = "丢了的 FIN 一秒后重传，序号不变。" }
end
