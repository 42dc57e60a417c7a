-- If two handshakes were enough: what does one stale SYN cost a server, and what do a hundred?
local course = require "course"
sim.lesson { "The same, with a two-way handshake", zh = "若只握两次手",
             question = { "And if there were only two handshakes?", zh = "如果只握两次手会怎样？" },
             shows = { "With two handshakes the old SYN makes a connection out of nothing, and the " ..
                       "server waits on it in vain.",
                       zh = "若只握两次手，旧 SYN 让服务器凭空建立一条连接，一直空等，白白占用资源。" },
             flip = { handshake = "three-way" } }
local p = sim.params { handshake = "two-way", closed_port = "silent", ghosts = 3 }

course.defaults { msl = "5s" }
local client, r, server, near, far = course.hop {
  client = { tcp = { closed_port = p.closed_port } },   -- silent: behind a firewall, or switched off
  server = { tcp = { handshake = p.handshake } },
}

local accepted, resets = 0, 0
course.serve(server, 80, function(conn, n)
  accepted = n
  local data, err = conn:recv()
  if err == "ECONNRESET" then resets = resets + 1 end
end)

sim.sleep("30s")
sim.note { "Old SYNs arrive whose connections ended long ago.", zh = "几个旧 SYN 到达，它们的连接早已结束。" }
for i = 1, p.ghosts do
  near:inject({ ip = { src = client, dst = server },
                tcp = { sport = 40000 + i, dport = 80, flags = "S", seq = 1000 * i } }, { to = r })
end
sim.sleep("1s")

if p.handshake == "three-way" then
  check.equal(accepted, 0, "three-way: no program ever hears of them")
  sim.note { "Half-open only: no program has heard of them, and 63 s later they are gone.",
             zh = "只是半连接：程序毫不知情，63 秒后自行删除。" }
elseif p.closed_port == "silent" then
  sim.note { p.ghosts .. " connections at the server, none at the client: for each a program waits for a request.",
             zh = "服务器上 " .. p.ghosts .. " 条连接，客户端一条也没有：每一条都有一个程序在空等请求。" }
  check.equal(accepted, p.ghosts, "each old SYN is a connection for the server's program")
  check.equal(#server:sockets { state = "ESTABLISHED" }, p.ghosts, "ESTABLISHED at one end only: ghosts")
  sim.sleep(3599 - sim.now())
  check.equal(#server:sockets { state = "ESTABLISHED" }, p.ghosts,
              "TCP has no idle timer: an hour later they are still there")
  sim.note { "\"Until it is released for lack of data\" is a legend: TCP has no idle timer, and keep-alive is off by default.",
             zh = "“没有数据就会自动释放”是误传：TCP 没有空闲计时器，保活默认也不开。" }
  if p.ghosts < 100 then sim.play("stale-syn-two-way.lua", { ghosts = 100 }) end
else
  check.equal(accepted, p.ghosts)
  check.equal(resets, p.ghosts, "the client's RST frees them, but the program was already bothered")
  sim.note { "The RST comes one round trip too late: a server that speaks first has sent its greeting to a ghost.",
             zh = "RST 晚了一个往返：若服务器先说话，问候已经发给了幽灵。" }
end
