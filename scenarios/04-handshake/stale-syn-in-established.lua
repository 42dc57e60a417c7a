-- An old SYN runs into a connection that is alive and busy. Does it do any harm?
local course = require "course"
sim.lesson { "Old SYN into a living connection", zh = "连接还活着时旧 SYN 到达",
             question = { "What if the old SYN hits a living connection?", zh = "连接还活着，旧 SYN 到了会怎样？" },
             shows = { "In a living connection an old SYN earns a challenge ACK, and nothing is disturbed.",
                       zh = "连接正用着，旧 SYN 到达只换来一个质询 ACK，传输不受影响。" },
             flip = { challenge_ack = false } }
local p = sim.params { challenge_ack = true }
course.defaults { challenge_ack = p.challenge_ack }
local client, r, server, near, far = course.hop()

local total, got, ended = 10000, "", nil
course.serve(server, 80, function(conn)
  repeat
    local data, err = conn:recv()
    got, ended = got .. (data or ""), err
  until not data
  conn:close()
end)

local old_syn = far:hold({ tcp = "S" }, { count = 1 })
local conn = client:connect(server, 80, { sport = 40000 })
check.near(sim.now(), 1.040, 0, "made by the repeated SYN")
sim.spawn(function()                                -- 1000 bytes every 400 ms
  for i = 1, total // 1000 do
    if not conn:send(string.rep(string.char(64 + i), 1000)) then return end
    sim.sleep("400ms")
  end
  conn:close()
end)
sim.sleep(3.010 - sim.now())
old_syn:release()
sim.sleep("1ms")
sim.note { "The first SYN, three seconds late, arrives in the middle of the transfer.",
           zh = "迟到 3 秒的第一个 SYN，在传输途中到达。" }
sim.sleep("50ms")
check.equal(#server:sockets { state = "ESTABLISHED" }, 1, "no change of state: its number is an old one")
check.near(client:packets({ tcp = ".", src = server, ack = 5001 }, { since = 3.0 })[1].time, 3.040, 1e-9,
           "one ACK that tells where the connection stands; the client ignores it")

-- A forged SYN whose number is in the window is another matter.
sim.sleep(3.6 - sim.now())
sim.note { "Now a forged SYN with a number that the server is waiting for.",
           zh = "再来一个伪造的 SYN，序号正落在服务器的接收窗口里。" }
far:inject({ ip = { src = client, dst = server, ttl = 63 },
             tcp = { sport = 40000, dport = 80, flags = "S", seq = conn:info().snd_nxt + 100 } }, { to = server })
sim.wait(function() return ended end)
if p.challenge_ack then
  check.equal(ended, "EOF", "RFC 5961 §4: challenged by an ACK, whatever its number")
  check.equal(#got, total, "the transfer is complete,")
  for i = 1, total // 1000 do check.equal(got:sub(1000 * i, 1000 * i):byte(), 64 + i) end
  sim.note { "A SYN never ends a living connection: it is only answered by a challenge ACK.",
             zh = "SYN 不会断开活着的连接：只换来一个质询 ACK，传输不受影响。" }
else
  check.equal(ended, "ECONNRESET", "RFC 793: a SYN in the window is an error, and resets the connection")
  check(#got < total)
  sim.note { "One forged segment with a lucky number is enough: why RFC 5961 changed the rule.",
             zh = "一个碰巧落在窗口里的伪造 SYN 就能断开连接：RFC 5961 因此改了规则。" }
end
