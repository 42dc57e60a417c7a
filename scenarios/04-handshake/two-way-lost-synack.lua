-- Two handshakes, and the second is lost. The server talks; can the client understand?
local course = require "course"
sim.lesson { "The lost second message", zh = "第二次握手丢了而只有两次",
             question = { "What if the second message of two is lost?", zh = "只握两次手，第二次丢了会怎样？" },
             shows = { "With two handshakes and the second lost, the client does not know where the " ..
                       "server begins, and can take none of its data.",
                       zh = "若只握两次手而第二次丢了，客户端不知道服务器的初始序号，之后的数据一个也收不下。" },
             flip = { handshake = "three-way" } }
local p = sim.params { handshake = "two-way" }
course.defaults()
local client, server, wire = course.pair { server = { tcp = { handshake = p.handshake } } }

local greeted, ended
course.serve(server, 80, function(conn)
  greeted = sim.now()
  conn:send("220 hello\r\n")
  local data, err = conn:recv()
  ended = { err, sim.now() }
end)
wire:drop({ tcp = "S." }, { count = 1 })
local dialling = client:spawn(function()
  local conn, err = client:connect(server, 80, { sport = 40000 })
  return conn, err, sim.now()
end)

if p.handshake == "two-way" then
  sim.sleep("25ms")
  check.equal(#server:sockets { state = "ESTABLISHED" }, 1, "the server believes that it is connected")
  check.near(greeted, 0.010, 0, "and sends its greeting at once")
  sim.note { "The client gets bytes, but has never heard the server's initial number: where do they belong?",
             zh = "客户端收到了字节，却从没听说过服务器的初始序号：它们该放在哪里？" }
  local conn, err, when = dialling:wait()
  check.equal({ conn, err }, { nil, "ETIMEDOUT" })
  check.near(when, 127, 0, "it asked seven times, and gave up")
  check.equal(client.drops["tcp.syn-sent-other"], 13,
              "7 times the greeting, 6 challenge ACKs: without a SYN nothing can be placed (RFC 9293 3.10.7.3, fifth)")
  sim.sleep("2s")
  check.equal(ended[1], "ECONNRESET")
  check.near(ended[2], 127.030, 0, "the next repetition of the greeting meets a closed port: reset")
  sim.note { "Both have talked for two minutes, and not one byte was understood.",
             zh = "双方各说各话两分钟，一个字节也没听懂。" }
  return err
else
  local conn, err, when = dialling:wait()
  check.near(when, 1.020, 0, "the server repeats its SYN-ACK until it is acknowledged")
  check.equal(conn:recv(), "220 hello\r\n")
  check.near(greeted, 1.030, 0, "only then its program may speak")
  check.near(sim.now(), 1.040, 0)
  return "OK"
end
