-- A listener waits for a SYN. What does it do with everything else?
local course = require "course"
sim.lesson { "What LISTEN ignores and refuses", zh = "监听状态收到别的",
             question = { "What does LISTEN do with other segments?", zh = "LISTEN 状态收到别的报文段怎么办？" },
             shows = { "A listener knows SYNs: it ignores resets, answers an ACK with a reset, and " ..
                       "drops the rest.",
                       zh = "监听状态只认 SYN：RST 忽略，带 ACK 的回 RST，其余丢弃。" },
             flip = { listening = false } }
local p = sim.params { listening = true }
course.defaults()
local client, server = course.pair()
local listener = p.listening and server:listen(80)

local rows = {}
local function send(name, zh, flags, payload)
  local since = sim.now()
  client:send_raw { ip = { src = client, dst = server }, payload = payload,
                    tcp = { sport = 40000, dport = 80, flags = flags, seq = 1000, ack = 2000, window = 65535 } }
  sim.sleep("100ms")
  local answer = client:packets({ tcp = true, src = server }, { since = since })[1]
  rows[#rows + 1] = { { name, zh = zh }, "[" .. (flags == "" and "none" or flags) .. "]",
                      answer and "[" .. answer.tcp.flags .. "] seq " .. answer.tcp.seq or "-" }
  return rows[#rows][3]
end
local answers = {
  send("a reset", "复位", "R"), send("an acknowledgment", "确认", "."),
  send("FIN without ACK", "没有 ACK 的 FIN", "F"), send("data without ACK", "没有 ACK 的数据", "P", "hello"),
  send("SYN and RST", "SYN 加 RST", "SR"),
}
if p.listening then
  sim.note { "Only an ACK is refused: it speaks of a connection that does not exist. The rest is for nobody.",
             zh = "只有带 ACK 的被拒绝：它说的是一条不存在的连接。其余的与谁都无关，丢弃。" }
  check.equal(answers, { "-", "[R] seq 2000", "-", "-", "-" }, "RFC 9293 §3.10.7.2")
  check.equal({ listener.state, listener.half_open, listener.queued }, { "LISTEN", 0, 0 }, "it still waits for a SYN")
  check.equal({ server.drops["tcp.listen-rst"], server.drops["tcp.listen-ack"], server.drops["tcp.listen-other"] }, { 2, 1, 2 })
else
  check.equal(answers, { "-", "[R] seq 2000", "[R.] seq 0", "[R.] seq 0", "-" },
              "CLOSED is not LISTEN: it refuses all but resets (§3.10.7.1)")
end
sim.table { "Sent to port 80, and answered", zh = "发往 80 端口，得到的回答", rows = rows,
            columns = { { "segment", zh = "报文段" }, { "flags", zh = "标志" }, { "answer", zh = "回答" } } }
sim.note { "A reset is never answered by a reset: two hosts would go on for ever.",
           zh = "从不以 RST 回 RST：否则两台主机会没完没了。" }
