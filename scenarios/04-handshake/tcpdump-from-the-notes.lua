-- The capture that the notes print, made again: same addresses, same numbers, same characters.
-- See it as they do with `stacklab run --view tcpdump -t none -S`; leave out -S for relative numbers.
local course = require "course"
sim.lesson { "Reproduce the capture of the notes", zh = "复现笔记里的抓包",
             question = { "Can we reproduce the capture exactly?", zh = "能一字不差地复现那份抓包吗？" },
             shows = { "The capture of the study notes with the same addresses and numbers; its fourth " ..
                       "line is of another connection.",
                       zh = "用同样的地址和序号复现笔记里的抓包，并指出第四行其实来自另一条连接。" } }
course.defaults()
local client, server = course.notes {
  client = { tcp = { isn = 84689409 } },
  server = { tcp = { isn = 1893430205, rcvbuf = 64240 } },
}

local listener = server:listen(80)
local conn = client:connect(server, 80, { sport = 51323 })
local request = "GET / HTTP/1.1\r\nHost: 10.0.2.15\r\nX-Padding: "
conn:send(request .. string.rep("x", 752 - #request - 4) .. "\r\n\r\n")
sim.sleep("1s")

-- What tcpdump -n -t -S prints (-n: do not look names up; it does not "turn names into addresses").
local capture = client:packets { tcp = true }
local lines = {
  "IP 10.0.2.2.51323 > 10.0.2.15.80: Flags [S], seq 84689409, win 65535, options [mss 1460], length 0",
  "IP 10.0.2.15.80 > 10.0.2.2.51323: Flags [S.], seq 1893430205, ack 84689410, win 64240, options [mss 1460], length 0",
  "IP 10.0.2.2.51323 > 10.0.2.15.80: Flags [.], ack 1893430206, win 65535, length 0",
  "IP 10.0.2.2.51323 > 10.0.2.15.80: Flags [P.], seq 84689410:84690162, ack 1893430206, win 65535, length 752: HTTP: GET / HTTP/1.1",
}
for i, line in ipairs(lines) do check.equal(tostring(capture[i]), line, "line " .. i) end

-- Without -S tcpdump counts from the two SYNs; a line without data prints no seq.
check.trace({ client, server }, [[
  [S]   length 0
  [S.]  ack 1  length 0
  [.]   ack 1  length 0
  [P.]  seq 1:753  ack 1  length 752
  [.]   ack 753
]])

-- And the bytes of the three handshakes, checksums and all.
local bytes = {
  "c87b0050050c4201000000006002ffff703d0000020405b4",
  "0050c87b70db73bd050c42026012faf090a20000020405b4",
  "c87b0050050c420270db73be5010ffffa3500000",
}
for i, hex in ipairs(bytes) do
  local got = course.tcp_bytes(capture[i]):gsub(".", function(c) return string.format("%02x", c:byte()) end)
  check.equal(got, hex, "bytes of segment " .. i)
end

sim.note { "The fourth line of the notes is from another connection: port 51321, not 51323, and relative numbers in spite of -S.",
           zh = "笔记里的第四行其实来自另一条连接：端口是 51321 而不是 51323，而且明明用了 -S 却显示相对序号。" }
sim.note { "The text's \"ack=184689410\" is a slip of the pen: 84689409 + 1 = 84689410.",
           zh = "正文里的“ack=184689410”是笔误：84689409 + 1 = 84689410。" }
