-- The small applications' libraries take whatever a peer sends: no error ends the run, none waits for ever, and who
-- behaves is served as before. Their protocols' finer points, which no lesson shows, are here, too.
local course, small = require "course", require "small"
local ftp, smtp, telnet, tftp, snmp = require "ftp", require "smtp", require "telnet", require "tftp", require "snmp"
sim.record(false)
course.defaults()
local client, server = course.pair()
local guest, fake = sim.host("guest", { ip = "10.9.0.1/24" }), sim.host("fake", { ip = "10.9.0.2/24" })
sim.link(guest, fake, { delay = "1ms" })
local files = { boot = ("b"):rep(700), ["a.txt"] = "A\n" }
ftp.serve(server, files)
tftp.serve(server, files)
snmp.serve(server)
local box = smtp.serve(server)
telnet.serve(server, function(line) if line ~= "exit" then return "<" .. line .. ">" end end)
for name in pairs(small.port) do small.serve(server, name) end

local function octets(n)
  local list = {}
  for i = 1, n do list[i] = string.char(math.random(0, 255)) end
  return table.concat(list)
end

-- The text cut somewhere, or with some octets changed, taken out, or put in.
local function spoilt(text)
  local at, how = math.random(#text), math.random(4)
  if how == 1 then return text:sub(1, at - 1) end
  if how == 2 then return text:sub(1, at - 1) .. octets(1) .. text:sub(at + 1) end
  if how == 3 then return text:sub(1, at - 1) .. text:sub(at + math.random(3)) end
  return text:sub(1, at) .. octets(math.random(4)) .. text:sub(at + 1)
end

--- they serve whoever behaves ---------------------------------------------------------------------

local counters = { "sysUpTime", "tcpPassiveOpens", "udpInDatagrams" }
local function all_is_well(why)
  for _, mode in ipairs { "passive", "active" } do
    local session = assert(ftp.connect(client, server, { mode = mode }))
    check.equal(session:get("boot"), files.boot, why)
    check(session:put("up", "load"), why)
    check.equal(files.up, "load", why)
    session:quit()
  end
  check.equal(tftp.get(client, server, "boot"), files.boot, why)
  check(tftp.put(client, server, "up", ("u"):rep(1024)), why)
  sim.sleep("1s")
  check.equal(files.up, ("u"):rep(1024), why)
  check.equal(snmp.get(client, server, counters).tcpPassiveOpens, server.counters.TcpPassiveOpens, why)
  check(smtp.send(client, server, { from = "a@b", to = { "c@d", "e@f" }, text = "..\n.\n" }), why)
  check.equal(box[#box], { from = "a@b", to = { "c@d", "e@f" }, text = "..\n.\n" }, why)
  local terminal = assert(telnet.connect(client, server))
  sim.sleep("100ms")
  terminal:type("hello\r\n")
  sim.sleep("100ms")
  check.equal(terminal:read(), "hello\r\n<hello>\r\n", why)
  terminal:close()
  local conn = client:connect(server, 7)
  conn:send("echo")
  check.equal(conn:recv(4), "echo", why)
  conn:close()
end
all_is_well("before")

--- servers, and what comes over TCP ---------------------------------------------------------------

local scripts = {
  [21] = { "USER a", "PASS b", "TYPE I", "PASV", "NLST", "PORT 10,0,0,1,195,80", "RETR boot", "PASV", "STOR junk", "QUIT" },
  [25] = { "HELO a", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", "Subject: x", "..", ".", "RSET", "NOOP", "QUIT" },
  [23] = { "hello", "\xff\xfd\x01\xff\xfb\x1f\xff\xfa\x1f\0P\0\x18\xff\xf0\xff\xfe\x01", "you\xff\xff", "\r\0\r\n", "exit" },
  [7] = { "hello" }, [9] = { "hello" }, [13] = { "hello" }, [19] = { "hello" },
}
for port, script in pairs(scripts) do
  for n = 1, 16 do
    client:spawn(function()
      sim.sleep(n * 0.1)
      local conn = assert(client:connect(server, port))
      for _, line in ipairs(script) do
        local text = math.random(3) == 1 and spoilt(line) or line
        if not conn:send(text .. (math.random(20) > 1 and "\r\n" or "\n")) then break end
        sim.sleep("30ms")
      end
      if n % 4 == 0 then conn:send(octets(5000)) end
      sim.sleep("200ms")
      if n % 3 == 0 then conn:abort() elseif n % 3 == 1 then conn:shutdown() end
      sim.sleep("1s")
      conn:close()
    end)
  end
end
sim.sleep("5min")
for _, state in ipairs { "ESTABLISHED", "CLOSE_WAIT" } do
  check.equal(#server:sockets { state = state }, 0, "all are over and closed")
end
all_is_well("after what came over TCP")

--- servers, and what comes over UDP ---------------------------------------------------------------

local function forge(from, sport, to, dport, text)
  from:send_raw { ip = { src = from, dst = to }, udp = { sport = sport, dport = dport }, payload = text }
end
local mouth = client:udp()
local function says(text, port)
  mouth:sendto(text, server, port)
  return mouth:recvfrom { timeout = "100ms" }
end
local question = "\x30\x29\x02\x01\0\x04\x06public\xa0\x1c\x02\x04\x12\x34\x56\x78\x02\x01\0\x02\x01\0\x30\x0e" ..
                 "\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x03\0\x05\0"
check.equal(says(question, 161):sub(1, 43), "\x30\x2b" .. question:sub(3, 13) .. "\xa2\x1e" .. question:sub(16, 27) ..
            "\x30\x10\x30\x0e" .. question:sub(32, 41) .. "\x43\x02", "SNMP: the question comes back, with a value")
check.equal(says(question:gsub("\x03\0\x05", "\x09\0\x05"), 161):byte(24), 2, "RFC 1157 §4.1.2: noSuchName, of the first")
check.equal(says(question:gsub("\x2b\x06\x01", "\x2b\x86\x01"), 161):byte(24), 2, "a number that goes on")
check.equal(says(question:gsub("\xa0", "\xa1"), 161), nil, "GETNEXT is not known here")
for _, valid in ipairs { { 161, question }, { 69, "\0\1boot\0octet\0" }, { 69, "\0\2junk\0octet\0" }, { 7, "hello" },
                         { 13, "?" }, { 19, "?" } } do
  local port, text = valid[1], valid[2]
  for _ = 1, 100 do forge(client, 5000 + port, server, port, spoilt(text)) end
  for n = 1, 30 do forge(client, 5000 + port, server, port, octets(n)) end
  for n = 1, #text do forge(client, 5000 + port, server, port, text:sub(1, n)) end
  for _, from in ipairs { 0, 7, 69, 161 } do forge(client, from, server, port, text) end
end
sim.sleep("1min")
local before = server.counters.UdpInDatagrams
forge(client, 7, server, 7, "ping")
sim.sleep("1min")
check.equal(server.counters.UdpInDatagrams - before, 1, "two echoes do not play ball")

-- A transfer by TFTP, by hand: what does not belong to it is refused or ignored.
mouth = client:udp(5500)
mouth:sendto("\0\1boot\0netascii\0", server, 69)
check.equal(mouth:recvfrom(), "\0\5\0\0octets only\0")
mouth:sendto("\0\1boot\0OCTET\0", server, 69)
local block, from = mouth:recvfrom()
check.equal(block, "\0\3\0\1" .. ("b"):rep(512))
local stranger = client:udp()
stranger:sendto("\0\4\0\1", from)
check.equal(stranger:recvfrom(), "\0\5\0\5unknown transfer\0", "RFC 1350 §4: another port is another transfer")
for _, text in ipairs { "", "\0", "\0\4", "\0\4\0\0", "\0\4\0\7", "\0\9\0\1", "\0\3\0\1x" } do
  forge(client, 5500, server, from.port, text)
end
check.equal(mouth:recvfrom { timeout = "900ms" }, nil)
mouth:sendto("\0\4\0\1", from)
check.equal(mouth:recvfrom(), "\0\3\0\2" .. ("b"):rep(188), "the transfer has not suffered")
mouth:sendto("\0\5\0\3full\0", from)
check.equal(mouth:recvfrom { timeout = "10s" }, nil, "an ERROR ends it")
all_is_well("after what came over UDP")

--- clients, and what a server answers -------------------------------------------------------------

local function ends(count, f) -- one that waits for ever is caught at the horizon
  local tasks = {}
  for n = 1, count do tasks[n] = guest:spawn(function() f(n) end) end
  for _, task in ipairs(tasks) do task:wait() end
end

-- Answers each line by the next of `replies`, spoilt or not, and falls silent at last.
local function answers(port, replies)
  course.serve(fake, port, function(conn, n)
    for _, reply in ipairs(replies) do
      if not conn:send((math.random(4) == 1 and spoilt(reply) or reply) .. "\r\n") then break end
      if not conn:recv() then break end
    end
    if n % 2 == 0 then conn:close() end
  end)
end
answers(21, { "220-hi\r\n220 hi", "331 x", "230 x", "227 (10,9,0,2,195,80)", "150 x\r\n226 x", "221 x" })
local data = fake:listen(50000)
fake:spawn(function()
  while true do
    local conn = data:accept()
    conn:send(octets(100))
    conn:close()
  end
end)
ends(24, function(n)
  local session = ftp.connect(guest, fake, { mode = n % 3 == 0 and "active" or "passive" })
  if session then
    session:get("x")
    session:quit()
  end
end)
answers(25, { "220 hi", "250 x", "250 x", "250 x", "354 x", "250 x", "221 x" })
ends(24, function() smtp.send(guest, fake, { from = "a@b", to = { "c@d" }, text = "x\n" }) end)
course.serve(fake, 23, function(conn)
  for _ = 1, 10 do
    conn:send(spoilt("\xff\xfb\x01ab\xff\xfd\x18\xff\xfc\x01\xff\xfa\x18\x01\xff\xf0c") .. octets(3))
    sim.sleep("10ms")
  end
  conn:close()
end)
ends(24, function()
  local terminal = assert(telnet.connect(guest, fake))
  terminal:type(octets(5))
  sim.sleep("1s")
  check(terminal:read(), "some text")
  terminal:close()
end)

local function replies(port, texts)
  local socket = fake:udp(port)
  fake:spawn(function()
    while true do
      local _, to = socket:recvfrom()
      for _, text in ipairs(texts) do forge(fake, port, guest, to.port, spoilt(text)) end
      forge(fake, 0, guest, to.port, texts[1])
    end
  end)
end
replies(69, { "\0\3\0\1" .. ("x"):rep(512), "\0\3\0\2yz", "\0\4\0\0", "\0\4\0\1", "\0\5\0\1no\0" })
ends(24, function(n)
  if n % 2 == 0 then tftp.get(guest, fake, "x") else tftp.put(guest, fake, "x", ("x"):rep(600)) end
end)
local response = says(question, 161)
replies(161, { response, response:gsub("\x12\x34\x56\x78", "\0\0\0\1"), octets(40) })
ends(24, function()
  local values, err = snmp.get(guest, fake, counters)
  check(values or err)
end)
check.equal({ tftp.get(guest, server, "x") }, { nil, "ENETUNREACH" }, "what the network says is told")
check.equal({ snmp.get(client, server, { "1.3.6.1.2.1.99.1.0" }) }, { nil, "noSuchName" })
