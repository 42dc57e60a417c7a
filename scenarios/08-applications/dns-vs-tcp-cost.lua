-- The same question over UDP and over TCP: packets, time, memory.
local course = require "course"
sim.lesson { "Why a question uses UDP", zh = "为什么 DNS 用 UDP",
             question = { "Why does DNS ask over UDP?", zh = "DNS 为什么用 UDP 来问？" },
             shows = { "The same question: two packets and a round trip by UDP, at least nine packets " ..
                       "and two round trips by TCP.",
                       zh = "同一个问题：UDP 两个包一个往返，TCP 至少九个包两个往返。" } }
course.defaults()
local client, server, routers = course.internet { client = { dns = course.resolver } }
local at = course.names(routers)
at.resolver:resolve("www.example.com", { server = at.resolver })
sim.note { "From here on the resolver knows the answer. The client asks twice: over UDP, then over TCP.",
           zh = "从这里起，本地域名服务器已经知道答案。客户端问两次：先用 UDP，再用 TCP。" }

local rows = {}
local function ask(tcp)
  local since, before = sim.now(), #client:packets()
  local answer = client:resolve("www.example.com", { tcp = tcp })
  local took = sim.now() - since
  sim.sleep("1s") -- what follows the answer
  local packets = #client:packets() - before
  rows[#rows + 1] = { tcp and "TCP" or "UDP", packets, string.format("%.0f", took * 1000),
                      #client:sockets() }
  return packets, took, answer
end

local packets, took, answer = ask(false)
check.equal(packets, 2, "a question, an answer")
check.near(took, 0.014, 1e-9, "one round trip")
check.equal(answer.transport, "udp")
check.equal(#client:sockets(), 0, "and nothing to remember")

packets, took, answer = ask(true)
check(packets >= 9, "handshake, question and answer with their ACKs, close: " .. packets)
check.near(took, 0.028, 1e-9, "two round trips")
check.equal(answer.transport, "tcp")
check.equal(#client:sockets { state = "TIME_WAIT" }, 1, "and 2MSL of memory")

sim.table { "The same question", zh = "同一个问题",
            columns = { { "over", zh = "传输层" }, { "packets", zh = "数据包" }, { "ms", zh = "毫秒" },
                        { "sockets kept", zh = "留下的套接字" } },
            rows = rows }
sim.note { string.format("UDP: two packets, one round trip. TCP: %d packets, two round trips until the answer, and TIME-WAIT to remember.", packets),
           zh = string.format("UDP：两个包，一个往返。TCP：%d 个包，两个往返才有答案，还要留着 TIME-WAIT。", packets) }
