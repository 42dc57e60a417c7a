-- An old answer is still in the network when the same four-tuple is used again. Who keeps it out?
local course = require "course"
sim.lesson { "Reason two: dirty data", zh = "理由二：旧数据混进新连接",
             question = { "Can data of an old connection get into a new one?",
                          zh = "旧连接的数据会混进新连接吗？" },
             shows = { "A late segment of the old connection fits into the new one, and nobody notices.",
                       zh = "理由二：旧连接滞留的数据混进同端口的新连接，程序收到脏数据而双方毫无察觉。" },
             flip = { isn = "rfc6528" } }
local p = sim.params { time_wait = false, isn = "fixed", thinks = "4.1s" }

local function story(q)
  course.defaults { time_wait = q.time_wait, isn = q.isn }
  local client, r, server, near = course.hop()
  course.serve(server, 80, function(conn, n)
    conn:recv()
    if n > 1 then sim.sleep(q.thinks) end
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
  if second then second:send(string.rep("q", 100)) end
  sim.sleep(5.07 - sim.now())
  sim.note { "A copy of the first connection's answer comes out of the network.",
             zh = "第一条连接的应答的一份副本，这时才从网络里出来。" }
  old:replay()
  if not second then
    check.equal({ err, #client:packets({ tcp = "S" }, { since = 1 }) }, { "EADDRNOTAVAIL", 0 }, "nothing is even sent")
    first:wait("CLOSED")                     -- TIME-WAIT answers the copy, and the server resets that
    check.near(sim.now(), 5.120, 0, "kept out, but TIME-WAIT is over: see time-wait-killed")
    return { err, 0, 0 }
  end
  local answer = second:recv(1000)
  sim.sleep(12 - sim.now())
  check.equal(#client:packets({ tcp = "P.", src = server }, { since = 5.09 }), 1, "the real answer comes, too,")
  check.equal(second:info().rcv_nxt - second:info().irs, 1001, "and only one of the two is taken")
  return { answer:sub(1, 3), #client:packets({ tcp = ".", src = client }, { since = 5.07 }),
           #client:packets({ tcp = ".", src = server }, { since = 5.07 }) }
end

local rows = {}
for _, q in ipairs { { false, "fixed" }, { false, "rfc6528" }, { true, "fixed" }, { true, "rfc6528" } } do
  local got = sim.play(story, { time_wait = q[1], isn = q[2], thinks = "10s" }).value
  if q[1] then
    check.equal(got[1], "EADDRNOTAVAIL", "TIME-WAIT keeps the four-tuple back")
  elseif q[2] == "rfc6528" then
    check.equal(got, { "NEW", 2, 0 }, "the old segment is acknowledged and dropped; then the new one's ACK")
  else
    check.equal(got[1], "OLD", "the program reads the old answer to its new question")
    check.near(got[2], 150, 2, "an ACK loop: one round each 40 ms (RFC 1337, H2)")
    check.near(got[3], 150, 2)
  end
  rows[#rows + 1] = { q[1] and "60 s" or "0", q[2], got[1], got[2] + got[3] }
end
sim.table { "What the program reads (a server that thinks for 10 s)", rows = rows,
            zh = "程序读到什么（服务器要想 10 秒）",
            columns = { "TIME-WAIT", "ISN", { "answer", zh = "应答" }, { "pure ACKs", zh = "纯 ACK 个数" } } }

local got = story(p)                         -- one of them, with a quicker server, to look at
if got[1] == "OLD" then
  sim.note { "The client acknowledges what the server has never sent; each answers the other's ACK, round and round.",
             zh = "客户端确认了服务器从未发过的数据；双方你来我往地互相纠正，停不下来。" }
  sim.note { "Then the real answer comes and is dropped as a duplicate. Both believe that all is well; the content is wrong.",
             zh = "真正的应答到了，却被当作重复丢掉。双方都以为一切正常，内容却是错的。" }
elseif got[1] == "NEW" then
  sim.note { "Its numbers do not fit. Not TIME-WAIT alone: the ISN clock is the first guard (RFC 9293 §3.4.1).",
             zh = "旧报文段的序号对不上。功劳不全是 TIME-WAIT 的：初始序号的时钟是第一道防线（RFC 9293 §3.4.1）。" }
end
sim.note { "With TIME-WAIT the second connect() fails at once (EADDRNOTAVAIL): the pair is still taken.",
           zh = "有 TIME-WAIT 时第二次 connect() 当场失败（EADDRNOTAVAIL）：四元组还被占着。" }
sim.note { "Not only old connection requests do harm: any old segment can.",
           zh = "会捣乱的不只是旧的连接请求，任何旧报文段都可能。" }
