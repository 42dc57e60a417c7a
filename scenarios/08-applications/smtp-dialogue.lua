-- Mail goes from a program to a mail server. Who speaks first, and where does the letter end?
local course = require "course"
local smtp = require "smtp"
sim.lesson { "The server speaks first", zh = "SMTP 对话",
             question = { "Who speaks first, and how does the server know that the letter is over?",
                          zh = "谁先开口？服务器怎么知道信写完了？" },
             shows = { "SMTP: the server greets first, each line has its reply, a lone dot ends the letter.",
                       zh = "SMTP 由服务器先问候，一问一答，最后一个点号结束邮件。" },
             flip = { order = "wrong" } }
local p = sim.params { order = "right" }
course.defaults()
local client, server = course.pair()
local box = smtp.serve(server)
sim.label({ tcp = true, data = true }, function(packet) return packet.payload:match("^[^\r]*") end)

if p.order == "right" then
  local function tell(after, note)
    sim.spawn(function() sim.sleep(after) sim.note(note) end)
  end
  tell("40ms", { "The server speaks first: until its 220 is here the client keeps silent.",
                 zh = "服务器先开口：收到它的 220 之前，客户端不出声。" })
  tell("120ms", { "354: go on. Now comes the letter, with a lone dot at its end; a dot that begins one of its own lines is sent as two.",
                  zh = "354：请讲。下面是信的正文，最后单独一个点；正文里若有一行以点开头，就发成两个点。" })
  local text = "Subject: lunch\n\nAt one?\n.\nThat dot was mine.\n"
  local said = assert(smtp.send(client, server, { from = "ann@client", to = { "bob@server" }, text = text }))
  sim.sleep("1s")
  check.equal(box[1], { from = "ann@client", to = { "bob@server" }, text = text },
              "the letter arrives whole, with a line in it that is a dot")
  local commands, replies = {}, {}
  for _, line in ipairs(said) do
    local list = line:sub(1, 1) == "C" and commands or replies
    list[#list + 1] = line:match("^.: (%w+)")
  end
  check.equal(commands, { "HELO", "MAIL", "RCPT", "DATA", "Subject", "QUIT" }, "five commands and a letter")
  check.equal(replies, { "220", "250", "250", "250", "354", "250", "221" }, "a reply for each, and one before all")
  local first = client:packets({ tcp = true, data = true })[1]
  check.equal({ first.from, first.payload }, { "server", "220 server ready\r\n" }, "the server's is the first data")
  check.near(first.time, 0.04, 0, "on its way as soon as the handshake is over")
  local letter = client:packets({ tcp = true, data = true, src = client })[5].payload
  check.equal(letter:sub(-5), "\r\n.\r\n", "a line with nothing but a dot: the end")
  check(letter:find("\r\n..\r\nThat", 1, true), "the letter's own dot travels as two")
  check.trace(client, [[
    ...
    0.140  client > server.25  "QUIT"
    ...
    0.160  server.25 > client  "221 server closes"
    ...
    0.160  server.25 > client  [F.]
    ...
  ]])
  check.equal(#server:sockets { state = "TIME_WAIT" }, 1, "the server closes first: TIME-WAIT is its own")
  sim.note { "Each line waits for its reply: 7 round trips for a letter, after the handshake's one. The server closes, and keeps TIME-WAIT.",
             zh = "每行都要等应答：握手之后，一封信用了 7 个往返。服务器先关，TIME-WAIT 留在服务器。" }
else
  local conn = client:connect(server, 25)
  conn:recv("line")
  conn:send("DATA\r\n")
  check.equal(conn:recv("line"), "503 not in this order", "nobody has said from whom and to whom")
  conn:send("HELLO?\r\n")
  check.equal(conn:recv("line"), "500 what?", "a word that is none")
  conn:send("QUIT\r\n")
  check.equal(conn:recv("line"), "221 server closes")
  check.equal({ conn:recv() }, { nil, "EOF" })
  conn:close()
  check.equal(#box, 0)
  sim.note { "TCP carried each byte; that it makes no sense is for the application to say, with 503 and 500.",
             zh = "TCP 把字节都送到了；说得不对，要由应用层用 503、500 来回答。" }
end
