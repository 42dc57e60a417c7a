-- Each application has its port, and its transport. Which is which, and is the list of the textbooks right?
local course, small = require "course", require "small"
local ftp, smtp, telnet, tftp, snmp = require "ftp", require "smtp", require "telnet", require "tftp", require "snmp"
sim.lesson { "Who listens where", zh = "常用端口与传输层",
             question = { "Which applications use TCP, which UDP, and on which port?",
                          zh = "哪些应用走 TCP，哪些走 UDP，各用哪个端口？" },
             shows = { "The usual applications' ports and transports: some on TCP, some on UDP, some on both.",
                       zh = "常用应用的端口和传输层：哪些走 TCP，哪些走 UDP，哪些两者都用。" },
             flip = { tcp = false } }
local p = sim.params { tcp = true }

-- One server for all of it, and each application asked once: the first packet says protocol and port.
local function tapped()
  course.defaults()
  local client, server = course.pair { client = { dns = "10.0.0.2" } }
  ftp.serve(server, {})
  telnet.serve(server, function() end)
  smtp.serve(server)
  server:serve_http { ["/"] = "hello" }
  server:serve_dns { zone = "example.com", records = "@ NS ns\nns A 10.0.0.2\nwww A 10.0.0.2\n" }
  tftp.serve(server, { boot = "..." })
  snmp.serve(server)
  for name in pairs(small.port) do small.serve(server, name) end
  local newcomer = sim.host("newcomer", { ip = "dhcp" })
  sim.link(newcomer, server:interface("eth1", { ip = "10.0.9.1/24" }), { delay = "10ms" })
  server:serve_dhcp { pool = "10.0.9.100-10.0.9.199" }

  local rows, transports = {}, { [6] = "TCP", [17] = "UDP" }
  local function tap(name, f, who)
    local since = sim.now()
    f()
    local first = (who or client):packets({ src = who and "0.0.0.0" or client }, { since = since })[1]
    rows[#rows + 1] = { name, transports[first.ip.proto], (first.tcp or first.udp).dport, first.ip.proto }
    sim.sleep("1s")
  end
  local function hear(port) -- what a server of TCP says first, or back
    local conn = client:connect(server, port)
    if port == small.port.echo then conn:send("hello") end
    local said = conn:recv()
    conn:close()
    return said
  end
  local function ask(port, text)
    local socket = client:udp()
    socket:sendto(text, server, port)
    local said = socket:recvfrom { timeout = "1s" }
    socket:close()
    return said
  end
  tap("FTP", function() assert(ftp.connect(client, server)):quit() end)
  tap("TELNET", function() assert(telnet.connect(client, server)):close() end)
  tap("SMTP", function() check(smtp.send(client, server, { from = "a@b", to = { "c@d" }, text = "Hi.\n" })) end)
  tap("HTTP", function() check.equal(client:get("http://10.0.0.2/").body, "hello") end)
  tap("DNS", function() check.equal(client:resolve("www.example.com").transport, "udp") end)
  tap("DNS", function() check.equal(client:resolve("www.example.com", { tcp = true }).transport, "tcp") end)
  tap("DHCP", function() check.equal(newcomer:dhcp().ip, "10.0.9.100") end, newcomer)
  tap("TFTP", function() check.equal(tftp.get(client, server, "boot"), "...") end)
  tap("SNMP", function() check(snmp.get(client, server, { "sysUpTime" })) end)
  tap("echo", function() check.equal(hear(7), "hello") end)
  tap("echo", function() check.equal(ask(7, "hello"), "hello") end)
  tap("discard", function() client:connect(server, 9):close() end)
  tap("discard", function() check.equal(ask(9, "hello"), nil, "not a word") end)
  tap("daytime", function() check(hear(13):match("^day 1, 00:00:%d%d UTC\r\n$")) end)
  tap("daytime", function() check(ask(13, "?"):match("^day 1, 00:00:%d%d UTC\r\n$")) end)
  tap("chargen", function() check(#hear(19) > 72) end)
  tap("chargen", function() check.equal(#ask(19, "?"), 74) end)
  return rows
end

local rows = sim.play(tapped).value
local list = {}
for i, row in ipairs(rows) do list[i] = table.concat(row, " ") end
check.equal(list, { "FTP TCP 21 6", "TELNET TCP 23 6", "SMTP TCP 25 6", "HTTP TCP 80 6", "DNS UDP 53 17", "DNS TCP 53 6",
                    "DHCP UDP 67 17", "TFTP UDP 69 17", "SNMP UDP 161 17", "echo TCP 7 6", "echo UDP 7 17", "discard TCP 9 6",
                    "discard UDP 9 17", "daytime TCP 13 6", "daytime UDP 13 17", "chargen TCP 19 6", "chargen UDP 19 17" })
sim.table { "each asked once: what its first packet says", zh = "各问一次，看第一个分组",
            columns = { { "application", zh = "应用" }, { "transport", zh = "传输层" }, { "port", zh = "端口" },
                        { "protocol number in IP", zh = "IP 首部里的协议号" } }, rows = rows }
sim.note { "The textbook's \"DNS: UDP\" is half of it: TCP is used when an answer is too long for a datagram. NFS (2049) was over UDP, and today is over TCP. HTTP/3 is over UDP (443). NNTP, for news, is on TCP's 119.",
           zh = "课本上的“DNS 用 UDP”只对一半：答案太长时改用 TCP。NFS（2049）从前走 UDP，如今走 TCP。HTTP/3 走 UDP（443）。新闻组 NNTP 用 TCP 119。" }
sim.note { "\"Connection-oriented, therefore reliable\" is wrong: TCP is reliable because it acknowledges and retransmits. There are services with connections and without that.",
           zh = "“面向连接，所以可靠”不对：TCP 可靠，靠的是确认和重传。有连接而不可靠的服务是有的。" }

-- The same number twice is two doors: TCP's port 7 and UDP's have nothing to do with each other.
course.defaults()
local client, server = course.pair()
small.serve(server, "echo", { tcp = p.tcp })
sim.sleep("1s")
local socket = client:udp()
socket:sendto("hello", server, 7)
check.equal(socket:recvfrom { timeout = "1s" }, "hello", "UDP's port 7 answers")
local conn, err = client:connect(server, 7)
if p.tcp then
  conn:send("hello")
  check.equal(conn:recv(5), "hello", "and so does TCP's")
  sim.note { "Port 7 of UDP, then port 7 of TCP: the same number on two doors, each leads to what was bound to it.",
             zh = "先是 UDP 的 7 号端口，再是 TCP 的 7 号端口：号码相同，却是两扇门，各通向自己绑定的程序。" }
  conn:close()
else
  check.equal({ conn, err }, { nil, "ECONNREFUSED" }, "TCP's port 7 is another, and nobody is there")
  sim.note { "UDP's port 7 answers, TCP's port 7 refuses: the same number, another door.",
             zh = "UDP 的 7 号端口有应答，TCP 的 7 号端口拒绝连接：号码相同，门却不同。" }
end
