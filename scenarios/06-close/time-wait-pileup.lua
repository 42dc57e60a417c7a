-- One short connection after the other to the same server: what runs out first?
local course = require "course"
sim.lesson { "Too many TIME-WAITs", zh = "TIME-WAIT 堆积",
             question = { "What if there are too many TIME-WAITs?", zh = "TIME-WAIT 太多会怎样？" },
             shows = { "All ephemeral ports sit in TIME-WAIT, and connect() fails until the first one is free again.",
                       zh = "短连接太多，临时端口都耗在 TIME-WAIT 里，新连接建不起来。" },
             flip = { first = "server" } }
local p = sim.params { first = "client", ports = 100, per_second = 2, attempts = 130 }

-- So many attempts at that pace: what each returned, and when; each connection asks, and is closed.
local function pileup(q)
  course.defaults { port_min = 40000, port_max = 40000 + q.ports - 1 }
  local client, server = course.pair()
  course.serve(server, 8080, function(conn)
    conn:recv("line")
    conn:send("answer\n")
    if q.first == "client" then conn:recv("all") end
    conn:close()
  end)
  local results, most = {}, 0
  for i = 1, q.attempts do
    sim.sleep((i - 1) / q.per_second - sim.now())
    local conn, err = client:connect(server, 8080)
    results[i] = err or "OK"
    if conn then
      conn:send("question\n")
      conn:recv("line")
      if q.first == "server" then conn:recv("all") end
      conn:close()
    end
    most = math.max(most, #client:sockets { state = "TIME_WAIT" })
  end
  return { results = results, most = most, server = #server:sockets { state = "TIME_WAIT" } }
end

local got = sim.play(pileup, { first = p.first, ports = p.ports, per_second = p.per_second,
                               attempts = p.attempts }).value
-- Attempts with the same result, in one row.
local rows, from = {}, 1
for i, result in ipairs(got.results) do
  if got.results[i + 1] ~= result then
    rows[#rows + 1] = { from .. "-" .. i, string.format("%.1f-%.1f", (from - 1) / p.per_second,
                                                        (i - 1) / p.per_second), result }
    from = i + 1
  end
end
sim.table { string.format("%d attempts, %d ports", p.attempts, p.ports), rows = rows,
            zh = string.format("%d 次连接，%d 个端口", p.attempts, p.ports),
            columns = { { "attempts", zh = "第几次" }, { "seconds", zh = "秒" }, { "result", zh = "结果" } } }
if p.first == "client" then
  check.equal(rows, { { "1-100", "0.0-49.5", "OK" }, { "101-121", "50.0-60.0", "EADDRNOTAVAIL" },
                      { "122-130", "60.5-64.5", "OK" } }, "the 122nd gets the port of the first")
  check.equal(got.most, 100, "every port in TIME-WAIT")
  sim.note { "Every port is in TIME-WAIT to this server; another server could still be reached. And so on: 100 of every 121.",
             zh = "到这台服务器的端口全在 TIME-WAIT；换一台服务器仍连得上。如此往复：每 121 次只成 100 次。" }
else
  check.equal(rows, { { "1-130", "0.0-64.5", "OK" } }, "who closes first waits: the client never runs out of ports")
  check.equal(got.most, 0)
  check.near(got.server, 100, 1, "a pair that is still in the server's TIME-WAIT is opened again: see time-wait-reopened")
  sim.note { "The server closes first: the TIME-WAITs are its own. When a port comes round again, the newer SYN opens the pair again.",
             zh = "服务器先关：TIME-WAIT 都在服务器上，不占客户端的端口。端口轮回来时，更新的 SYN 会把那一对重新打开。" }
end
local real = (60999 - 32768 + 1) / 60
check.near(real, 470, 1)
sim.note { "Real numbers: Linux has 28,232 ephemeral ports and waits 60 s: at most 470 connections a second to one destination.",
           zh = "真实数字：Linux 有 28 232 个临时端口，等 60 秒：对同一目的每秒最多 470 条连接。" }
