-- Four connections share addresses and ports, never all four. What keeps them apart?
local course = require "course"
sim.lesson { "What names a connection", zh = "四元组唯一确定一条连接",
             question = { "What identifies a connection?", zh = "什么唯一确定一条连接？" },
             shows = { "Source address and port, destination address and port name a connection; " ..
                       "sequence numbers do not.",
                       zh = "源 IP、源端口、目的 IP、目的端口四元组唯一确定一条连接，序号不在其中。" },
             flip = { fifth = 40002 } }
local p = sim.params { fifth = 40000 }       -- source port of a's last attempt
course.defaults()
local h = course.lan()
local a, b, d = h.a, h.b, h.d

local heard = {}
for _, port in ipairs { 80, 81 } do
  course.serve(d, port, function(conn)
    local name = conn:recv("line")
    heard[conn.remote_ip .. ":" .. conn.remote_port .. " > " .. port] = name
    conn:send("hello " .. name .. "\n")
  end)
end
local calls = { { a, 40000, 80 }, { b, 40000, 80 }, { a, 40001, 80 }, { a, 40000, 81 } }
local conns = {}
for i, call in ipairs(calls) do
  conns[i] = assert(call[1]:connect(d, call[3], { sport = call[2] }))
end
for i, conn in ipairs(conns) do conn:send("number " .. i .. "\n") end
for i, conn in ipairs(conns) do check.equal(conn:recv("line"), "hello number " .. i, "no byte crosses over") end
check.equal(heard, { ["192.168.1.11:40000 > 80"] = "number 1", ["192.168.1.12:40000 > 80"] = "number 2",
                     ["192.168.1.11:40001 > 80"] = "number 3", ["192.168.1.11:40000 > 81"] = "number 4" })
check.equal(#d:sockets { state = "ESTABLISHED" }, 4)

local before = #a:packets { tcp = true }
local conn, err = a:connect(d, 80, { sport = p.fifth })
if p.fifth == 40000 then
  check.equal({ conn, err }, { nil, "EADDRNOTAVAIL" }, "all four are the same as of a connection that is there")
  check.equal(#a:packets { tcp = true }, before, "refused before a packet is sent")
  sim.note { "The fifth would have all four numbers of the first: there can be no such connection. (Other systems say EADDRINUSE; RFC 9293: \"connection already exists\".)",
             zh = "第五条与第一条的四个数完全相同：不可能另有一条（有的系统报 EADDRINUSE，RFC 9293 叫“connection already exists”）。" }
else
  check.equal(err, nil, "one number differs: another connection")
end
sim.note { "Source address, source port, destination address, destination port. The ISN is no part of the name (RFC 9293 §3.4.1).",
           zh = "源 IP、源端口、目的 IP、目的端口，四个数而已；初始序号不在其中（RFC 9293 §3.4.1）。" }
