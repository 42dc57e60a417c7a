-- smtp.lua - mail from one host to another, RFC 5321: lines in both directions, and a reply for each.
--
--   local smtp = require "smtp"
--   local box = smtp.serve(server)            -- box[1] is the first letter: from, to, text
--   smtp.send(client, server, { from = "a@x", to = { "b@y" }, text = "Hello.\n" })
local course = require "course"

local smtp = {}

local function reply(conn, line) return conn:send(line .. "\r\n") end

-- §4.5.2: the text ends with a line that is a dot; a line that begins with one has one more on the way.
local function read_text(conn)
  local lines = {}
  while true do
    local line = conn:recv("line")
    if not line then return nil end
    if line == "." then break end
    lines[#lines + 1] = line:gsub("^%.", "") .. "\n"
  end
  return table.concat(lines)
end

local function converse(conn, name, box)
  local from, to
  reply(conn, "220 " .. name .. " ready") -- the server speaks first
  while true do
    local line = conn:recv("line")
    if not line then break end
    local word, rest = line:upper():match("^%a*"), line:match("<(.-)>")
    if word == "HELO" then reply(conn, "250 " .. name)
    elseif word == "MAIL" and rest then from, to = rest, {}; reply(conn, "250 OK")
    elseif word == "RCPT" and rest and from then to[#to + 1] = rest; reply(conn, "250 OK")
    elseif word == "DATA" and from and #to > 0 then
      reply(conn, "354 end with a dot on a line of its own")
      local text = read_text(conn)
      if not text then break end
      box[#box + 1] = { from = from, to = to, text = text }
      from = nil
      reply(conn, "250 OK")
    elseif word == "RSET" then from = nil; reply(conn, "250 OK")
    elseif word == "NOOP" then reply(conn, "250 OK")
    elseif word == "QUIT" then reply(conn, "221 " .. name .. " closes"); break -- §4.1.1.10
    elseif word == "MAIL" or word == "RCPT" or word == "DATA" then reply(conn, "503 not in this order")
    else reply(conn, "500 what?") end
  end
  conn:close()
end

function smtp.serve(server, port)
  local box = {}
  course.serve(server, port or 25, function(conn) converse(conn, server.name, box) end)
  return box
end

-- Returns the lines of the dialogue, "C: " and "S: " before each; nil, the refusing line, if it was refused.
function smtp.send(client, target, mail, port)
  local said = {}
  local conn, err = client:connect(target, port or 25)
  if not conn then return nil, err end
  local function expect(class)
    local line, why = conn:recv("line", { timeout = "5min" }) -- §4.5.3.2
    said[#said + 1] = "S: " .. (line or why)
    return line and line:sub(1, 1) == class
  end
  local function ask(line, class)
    said[#said + 1] = "C: " .. line
    conn:send(line .. "\r\n")
    return expect(class)
  end
  local function letter()
    if not (expect "2" and ask("HELO " .. client.name, "2") and ask("MAIL FROM:<" .. mail.from .. ">", "2")) then
      return false
    end
    for _, name in ipairs(mail.to) do
      if not ask("RCPT TO:<" .. name .. ">", "2") then return false end
    end
    if not ask("DATA", "3") then return false end
    local text = ("\n" .. mail.text):gsub("\n%.", "\n.."):sub(2):gsub("\n", "\r\n")
    return ask(text .. ".", "2")
  end
  local ok = letter()
  local last = said[#said]
  ask("QUIT", "2")
  conn:recv("all", { timeout = "5min" }) -- to the server's FIN
  conn:close()
  if not ok then return nil, last, said end
  return said
end

return smtp
