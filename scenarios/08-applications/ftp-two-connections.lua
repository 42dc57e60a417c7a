-- A file is fetched by FTP. How many connections does it take, and who opens the second?
local course = require "course"
local ftp = require "ftp"
sim.lesson { "Control and data", zh = "FTP 的两条连接",
             question = { "FTP uses two connections: who opens the second one, and what ends a file?",
                          zh = "FTP 用两条连接：第二条由谁建立？文件到哪里结束？" },
             shows = { "FTP: one connection for commands, one for each file, whose FIN is the file's end.",
                       zh = "FTP 一条控制连接、一条数据连接；FIN 就是文件结束。" },
             flip = { mode = "active" } }
local p = sim.params { mode = "passive" }
course.defaults()
local client, server = course.pair()
local files = { ["notes.txt"] = string.rep("All is well.\n", 100) }
ftp.serve(server, files)
sim.label({ tcp = true, data = true }, function(packet)
  if packet.tcp.sport == 21 or packet.tcp.dport == 21 then return packet.payload:match("^[^\r]*") end
  return packet.ip.len - 40 .. " bytes of the file"
end)

local session = assert(ftp.connect(client, server, { mode = p.mode }))
sim.sleep(1 - sim.now())
check.equal(session:get("notes.txt"), files["notes.txt"])
sim.sleep("500ms")

local syns = client:packets { tcp = "S" }
check.equal(#syns, 2, "a second connection, for the file")
check.equal(session.conn.state, "ESTABLISHED", "the one for commands stays")
local data = syns[2]
if p.mode == "passive" then
  check.equal({ data.from, data.tcp.dport }, { "client", 195 * 256 + 80 },
              "passive: the client opens it, to the port that the reply to PASV has named")
  check.trace(client, [[
    1.000  client > server.21  "PASV"
    ...
    1.020  server.21 > client  "227 call me at (10,0,0,2,195,80)"
    ...
    1.020  client > server.50000  [S]
    ...
    1.040  client > server.21  "RETR notes.txt"
    ...
    1.060  server.21 > client  "150 here it comes"
    ...
    1.060  server.50000 > client  "1300 bytes of the file"
    ...
    1.060  server.50000 > client  [F.]  seq 1301
    ...
    1.060  server.21 > client  "226 done"
    ...
  ]], { since = 1 })
  sim.note { "227 says where: 10.0.0.2, port 195*256+80 = 50000. The client opens this one, too: no firewall at home minds.",
             zh = "227 说明去处：10.0.0.2，端口 195×256+80 = 50000。第二条连接也由客户端建立，家里的防火墙不会拦。" }
else
  check.equal({ data.from, data.tcp.sport, data.tcp.dport }, { "server", 20, 195 * 256 + 80 },
              "active: the server opens it, from port 20 to the port that PORT has named")
  check.trace(client, [[
    1.000  client > server.21  "PORT 10,0,0,1,195,80"
    ...
    1.020  server.21 > client  "200 I shall call you"
   +0.000  client > server.21  [.]
   +0.000  client > server.21  "RETR notes.txt"
    ...
    1.040  server.20 > client.50000  [S]
    ...
    1.060  server.20 > client.50000  "1300 bytes of the file"
    ...
    1.060  server.20 > client.50000  [F.]  seq 1301
    ...
  ]], { since = 1 })
  sim.note { "The roles are swapped: the client listens on 195*256+80 = 50000, and the server calls, from port 20. A firewall that lets no call in lets no file in.",
             zh = "角色互换：客户端在 195×256+80 = 50000 端口监听，服务器从 20 端口主动连接它。防火墙不许外面连进来，文件也就进不来。" }
end
local fin = client:packets({ tcp = "F." }, { since = 1 })[1]
check.equal(fin.from, "server", "who sends the file closes")
check.equal({ #server:sockets { state = "TIME_WAIT" }, #client:sockets { state = "TIME_WAIT" } }, { 1, 0 },
            "and waits in TIME-WAIT")
sim.note { "No length was said anywhere: the sender's FIN is the end of the file, and TIME-WAIT is the sender's.",
           zh = "哪里都没有说文件有多长：发送方的 FIN 就是文件结束，TIME-WAIT 也就留在发送方。" }

-- The other way it is the client's FIN that ends the file, and the client that waits.
sim.sleep(2 - sim.now())
check(session:put("letter.txt", "Dear Bob,\n"))
sim.sleep("500ms")
check.equal(files["letter.txt"], "Dear Bob,\n")
check.equal({ #server:sockets { state = "TIME_WAIT" }, #client:sockets { state = "TIME_WAIT" } }, { 1, 1 },
            "the sender again: this time the client")
sim.note { "STOR sends a file the other way: this FIN is the client's, and so is this TIME-WAIT.",
           zh = "STOR 反方向传文件：这次的 FIN 由客户端发，TIME-WAIT 也在客户端。" }

sim.sleep(3 - sim.now())
session:quit()
check.equal(session.said[#session.said], "S: 221 goodbye")
