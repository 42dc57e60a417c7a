-- An answer does not fit into a datagram: what happens?
local course = require "course"
sim.lesson { "When UDP is too small", zh = "DNS 何时用 TCP",
             question = { "An answer is larger than 512 bytes: what now?", zh = "应答超过 512 字节怎么办？" },
             shows = { "An answer too big for UDP comes cut, with a flag, and the client asks again " ..
                       "over TCP port 53.",
                       zh = "UDP 应答装不下就置截断标志，客户端改用 TCP 53 端口再问。" } }
local p = sim.params { edns = 0 }
course.defaults()
local client, server, routers = course.internet {
  client = { dns = course.resolver, resolver = { edns = p.edns } } }
local many = {}
for i = 1, 41 do many[i] = "many A 10.0.0." .. i .. "\n" end
local at = course.names(routers, table.concat(many))
at.resolver:resolve("many.example.com", { server = at.resolver, edns = 4096 })
sim.note { "The resolver knows the answer now: 41 addresses, 690 bytes. The client has room for 512 in a datagram.",
           zh = "本地域名服务器已经知道答案：41 个地址，690 字节。客户端的 UDP 只收得下 512 字节。" }
sim.label({ tcp = true, data = true, dport = 53 }, function(packet) return "A? many.example.com, " .. packet.ip.len - 40 .. " bytes" end)
sim.label({ tcp = true, data = true, sport = 53 }, function(packet) return "all of it, " .. packet.ip.len - 40 .. " bytes" end)
if p.edns == 0 then
  sim.spawn(function()
    sim.sleep("14ms")
    sim.note { "\"Truncated\" (TC): what fits came, and a flag. The client asks again over TCP, where each message has its length in front, in two bytes.",
               zh = "“truncated”（TC）：装得下的先来，并置截断标志。客户端改用 TCP 再问；TCP 上每个报文前面有两个字节写明长度。" }
  end)
end

local start, mark = sim.now(), #client:packets()
local answer = client:resolve("many.example.com")
check.equal(#answer.answer, 41)
local udp = client:packets { udp = true, sport = 53 }
if p.edns == 0 then
  check.equal(udp[1].dns.tc, true, "truncated: not all of it fits into 512 bytes")
  check(#udp[1].payload <= 512)
  check.equal(answer.transport, "tcp")
  check.equal(answer.size, 12 + 22 + 41 * 16, "690 bytes")
  check.near(sim.now() - start, 3 * 0.014, 1e-9, "a round trip by UDP, one for the handshake, one for the answer")
  check.trace(client, [[
    client > resolver.53  "A? many.example.com"
    resolver.53 > client  "truncated"
    client > resolver.53  [S]
    resolver.53 > client  [S.]
    client > resolver.53  [.]
    client > resolver.53  [P.]  seq 1:37    length 36
    resolver.53 > client  [.]   ack 37
    resolver.53 > client  [P.]  seq 1:693   length 692
    ...
  ]], { since = start })
  local reply = client:packets { tcp = "P.", sport = 53 }[1]
  check.equal(string.unpack(">I2", reply.payload), 690, "its length goes before, in two bytes")
else
  check.equal(answer.transport, "udp", "EDNS has said that there is room for more")
  check.equal(#udp, 1)
end
sim.note { "\"DNS uses UDP\" is half of it: who speaks DNS must be able to use TCP, too (RFC 7766).",
           zh = "“DNS 用 UDP”只对一半：UDP 和 TCP 两种都必须支持（RFC 7766）。" }
