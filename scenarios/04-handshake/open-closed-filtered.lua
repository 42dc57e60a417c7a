-- Four ports: open, closed, behind a firewall that drops, behind one that refuses. How do they look?
local course = require "course"
sim.lesson { "Three kinds of silence and refusal", zh = "开放、关闭、被过滤",
             question = { "How do open, closed and filtered look?", zh = "端口开放、关闭、被过滤，看起来有什么不同？" },
             shows = { "An open port answers SYN-ACK, a closed one RST, a filtered one nothing at all.",
                       zh = "开放回 SYN+ACK，关闭回 RST，被过滤则一片沉默。" },
             flip = { scan = true } }
local p = sim.params { scan = false }          -- true: a port scanner, which never finishes a handshake
course.defaults()
local client, server, wire = course.pair()
server:listen(80)
wire:drop({ tcp = true, dport = 8080 })                          -- a firewall that drops
local refusing = wire:drop({ tcp = true, dport = 8081 })         -- one that says no: ICMP 3/13
sim.spawn(function()
  sim.wait(function() return refusing.hits > 0 end)
  sim.sleep("10ms")
  local syn = client:packets({ tcp = "S", dport = 8081 })[1]
  local bytes = course.tcp_bytes(syn)
  server:send_raw { icmp = { type = 3, code = 13 }, ip = { src = server, dst = client },
                    payload = string.pack(">BBI2I2I2BBI2BBBB BBBB", 0x45, 0, syn.ip.len, syn.ip.id, 0x4000, 64, 6,
                                          syn.ip.checksum, 10, 0, 0, 1, 10, 0, 0, 2) .. bytes }
end)

local rows = {}
local function try(name, zh, port)
  local start = sim.now()
  local conn, err = client:connect(server, port, { sport = 40000 + port })
  local took = sim.now() - start
  local seen = client:packets({ tcp = true, src = server, sport = port })[1]
  rows[#rows + 1] = { port, { name, zh = zh }, seen and "[" .. seen.tcp.flags .. "]" or "-",
                      err or "OK", string.format("%.3f", took) }
  return err, took
end
if p.scan then
  -- A SYN from nowhere: the stack knows nothing of it, and resets what answers.
  for i, port in ipairs { 80, 81, 8080 } do
    client:send_raw { ip = { src = client, dst = server },
                      tcp = { sport = 50000 + i, dport = port, flags = "S", seq = 1000, window = 65535 } }
  end
  sim.sleep("1s")
  check.trace({ client, server }, [[
    0.000  client > server.80    [S]
    0.000  client > server.81    [S]
    0.000  client > server.8080  [S]
    0.010  server.80 > client    [S.]
    0.010  server.81 > client    [R.]
    0.020  client > server.80    [R]
  ]])
  sim.note { "Half-open scan: SYN-ACK means open, RST closed, silence filtered; the scanner's stack resets the open one.",
             zh = "半开扫描：回 SYN+ACK 是开放，回 RST 是关闭，没有回音是被过滤；开放的那个由扫描者的协议栈回 RST。" }
  return
end

local err, took = try("open", "开放", 80)
check.equal({ err, took }, { nil, 0.020 })
err, took = try("closed", "关闭", 81)
check.equal(err, "ECONNREFUSED")
check.near(took, 0.020, 1e-9, "one round trip")
err, took = try("filtered, dropped", "被过滤（丢弃）", 8080)
check.equal(err, "ETIMEDOUT")
check.near(took, 127, 1e-9, "nobody tells: two minutes")
err, took = try("filtered, refused", "被过滤（拒绝）", 8081)
check.equal(err, "EHOSTUNREACH")
check.near(took, 0.020, 1e-9, "ICMP says it at once")
sim.table { "What the caller learns", zh = "主叫方看到的", rows = rows,
            columns = { { "port", zh = "端口" }, { "is", zh = "情况" }, { "answer", zh = "回音" },
                        { "connect()", zh = "connect()" }, { "after s", zh = "秒数" } } }
sim.note { "RFC 9293 §3.9.2.2 does not name ICMP code 13 (administratively prohibited); Linux ends the attempt on it.",
           zh = "RFC 9293 §3.9.2.2 没有提到 ICMP 代码 13（管理上禁止）；Linux 收到就放弃这次连接。" }
