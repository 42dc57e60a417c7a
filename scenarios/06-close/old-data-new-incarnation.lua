-- An old answer is still in the network when the same four-tuple is used again. Who keeps it out?
local course = require "course"
sim.lesson { "Reason two: dirty data", zh = "理由二：旧数据混进新连接",
             question = { "Can data of an old connection get into a new one?",
                          zh = "旧连接的数据会混进新连接吗？" },
             flip = { isn = "rfc6528" } }
local p = sim.params { time_wait = false, isn = "fixed" }
course.defaults { time_wait = p.time_wait, isn = p.isn }
local client, r, server, near = course.hop()

course.serve(server, 80, function(conn, n)
  conn:recv()
  if n > 1 then sim.sleep("10s") end
  conn:send(string.rep(n == 1 and "OLD " or "NEW ", 250))
  conn:recv()
  conn:close()
end)

local old = near:copy({ tcp = true, data = true, src = server }, { count = 1 })
local first = client:connect(server, 80, { sport = 40000 })
first:send(string.rep("q", 100))
check.equal(first:recv(1000), string.rep("OLD ", 250))
sim.sleep(0.2 - sim.now())
first:close()
sim.sleep(1 - sim.now())

local second, err = client:connect(server, 80, { sport = 40000 })
if p.time_wait then
  check.equal(err, "EADDRNOTAVAIL", "TIME-WAIT keeps the four-tuple back")
  check.equal(#client:packets({ tcp = "S" }, { since = 1 }), 0, "nothing is even sent")
  return
end
second:send(string.rep("q", 100))
sim.sleep(5.07 - sim.now())
sim.note { "A copy of the first connection's answer comes out of the network.",
           zh = "第一条连接的应答的一份副本，这时才从网络里出来。" }
old:replay()
local answer = second:recv(1000)
sim.sleep(12 - sim.now())

-- Pure ACKs of each end between the copy's arrival and the server's real answer.
local from_client = #client:packets({ tcp = ".", src = client }, { since = 5.07 })
local from_server = #client:packets({ tcp = ".", src = server }, { since = 5.07 })
if p.isn == "fixed" then
  check.equal(answer, string.rep("OLD ", 250), "the program reads the old answer to its new question")
  sim.note { "The client acknowledges what the server has never sent; each answers the other's ACK, round and round.",
             zh = "客户端确认了服务器从未发过的数据；双方你来我往地互相纠正，停不下来。" }
  check.near(from_client, 150, 2, "an ACK loop: one round each 40 ms (RFC 1337, H2)")
  check.near(from_server, 150, 2)
  check.equal(#client:packets({ tcp = "P.", src = server }, { since = 11 }), 1, "then the real answer comes,")
  check.equal(second:info().rcv_nxt - second:info().irs, 1001, "and is thrown away as a duplicate")
  sim.note { "Both ends believe that all is well. The content is wrong.",
             zh = "双方都以为一切正常，内容却是错的。" }
else
  check.equal(answer, string.rep("NEW ", 250), "its numbers do not fit: the ISN clock is the first guard")
  check.equal(from_client, 2, "the old segment is answered by an ACK and dropped; then the new one's ACK")
end
