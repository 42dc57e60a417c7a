-- ftp.lua - files over two connections, RFC 959: commands on one, which stays, and each file on another,
-- whose FIN is the end of the file.
--
--   local ftp = require "ftp"
--   ftp.serve(server, { ["notes.txt"] = "..." })
--   local session = ftp.connect(client, server, { mode = "active" })     -- "passive" unless said
--   session:get("notes.txt")  session:put("new.txt", "...")  session:list()  session:quit()
local course = require "course"

local ftp = {}

-- h1,h2,h3,h4,p1,p2 of PORT and of the reply to PASV: an address and a port.
local function spell(ip, port)
  return ip:gsub("%.", ",") .. (",%d,%d"):format(port >> 8, port & 255)
end

local function spelt(text)
  local n = { text:match("(%d+),(%d+),(%d+),(%d+),(%d+),(%d+)") }
  for i, digits in ipairs(n) do
    n[i] = math.tointeger(tonumber(digits))
    if not n[i] or n[i] > 255 then return nil end
  end
  if #n == 0 or n[5] << 8 | n[6] == 0 then return nil end
  return table.concat(n, ".", 1, 4), n[5] << 8 | n[6]
end

-- A listener on the next port from 50000 on that is free; `s` remembers the last.
local function listen(s, host)
  for port = s.next_port or 50000, 65535 do
    local listener = host:listen(port)
    s.next_port = port + 1
    if listener then return listener end
  end
end

--- the server -------------------------------------------------------------------------------------

local commands = {}

-- The data connection: what PASV listens for, or a call from port 20 to where PORT said.
local function data_connection(s)
  local passive, to = s.passive, s.to
  s.passive, s.to = nil, nil
  if to then return s.server:connect(to.ip, to.port, { sport = 20, timeout = "30s" }) end
  if not passive then return nil end
  local conn = passive:accept { timeout = "30s" }
  passive:close()
  return conn
end

local function transfer(s, f)
  s.reply "150 here it comes"
  local conn = data_connection(s)
  if not conn then return s.reply "425 no data connection" end
  s.reply(f(conn) and "226 done" or "426 broken off")
end

local function send(s, text)
  transfer(s, function(conn)
    local ok = conn:send(text)
    conn:close() -- the end of the file
    return ok
  end)
end

function commands.USER(s) s.reply "331 and the password?" end
function commands.PASS(s) s.known = true; s.reply "230 welcome" end
function commands.TYPE(s, what) s.reply(what == "I" and "200 as it is" or "504 only TYPE I") end

function commands.PORT(s, where)
  local ip, port = spelt(where)
  if ip ~= s.conn.remote_ip then return s.reply "501 I call nobody but you" end
  s.to = { ip = ip, port = port }
  s.reply "200 I shall call you"
end

function commands.PASV(s)
  if s.passive then s.passive:close() end
  s.to, s.passive = nil, listen(s, s.server)
  if not s.passive then return s.reply "421 no port is free" end
  s.reply("227 call me at (" .. spell(s.conn.local_ip, s.passive.port) .. ")")
end

function commands.RETR(s, name)
  if not s.files[name] then return s.reply "550 no such file" end
  send(s, s.files[name])
end

function commands.STOR(s, name)
  transfer(s, function(conn)
    local text = conn:recv("all")
    conn:close()
    s.files[name] = text or s.files[name]
    return text
  end)
end

function commands.NLST(s)
  local names = {}
  for name in pairs(s.files) do names[#names + 1] = name .. "\r\n" end
  table.sort(names)
  send(s, table.concat(names))
end

local function converse(s)
  s.reply("220 " .. s.server.name .. " ready")
  while true do
    local line = s.conn:recv("line")
    if not line then break end
    local word, rest = line:match("^(%a*) ?(.*)$")
    word = word:upper()
    if word == "QUIT" then s.reply "221 goodbye"; break end
    if not commands[word] then s.reply "502 I do not know that"
    elseif not s.known and word ~= "USER" and word ~= "PASS" then s.reply "530 who are you?"
    else commands[word](s, rest) end
  end
  if s.passive then s.passive:close() end
  s.conn:close()
end

function ftp.serve(server, files, port)
  course.serve(server, port or 21, function(conn)
    converse { server = server, conn = conn, files = files,
               reply = function(line) return conn:send(line .. "\r\n") end }
  end)
end

--- the client -------------------------------------------------------------------------------------

local session = {}
session.__index = session

-- The next reply; one of several lines, "230-", ends with a line that has no dash (§4.2).
local function reply(s)
  local line, err
  repeat
    line, err = s.conn:recv("line", { timeout = "1min" })
    s.said[#s.said + 1] = "S: " .. (line or err)
  until not line or not line:match("^%d%d%d%-")
  return line or err
end

-- Says a line; its reply if it is of that class (the first digit), else nil and the reply.
function session:ask(line, class)
  self.said[#self.said + 1] = "C: " .. line
  self.conn:send(line .. "\r\n")
  local answer = reply(self)
  if answer:sub(1, 1) ~= class then return nil, answer end
  return answer
end

-- Tells the server where to call (active), or asks where to call it (passive), then says `command`:
-- the data connection, or nil and why not.
local function data_for(s, command)
  if s.mode == "active" then
    local listener = listen(s, s.client)
    local ok, err = s:ask("PORT " .. spell(s.conn.local_ip, listener.port), "2")
    if ok then ok, err = s:ask(command, "1") end
    if ok then ok, err = listener:accept { timeout = "30s" } end
    listener:close()
    return ok, err
  end
  local ok, err = s:ask("PASV", "2")
  if not ok then return nil, err end
  local ip, port = spelt(ok)
  if not ip then return nil, ok end
  local conn, why = s.client:connect(ip, port)
  if not conn then return nil, why end
  ok, err = s:ask(command, "1")
  if ok then return conn end
  conn:close()
  return nil, err
end

local function with_data(s, command, f)
  local conn, err = data_for(s, command)
  if not conn then return nil, err end
  local result = f(conn)
  local last = reply(s)
  if last:sub(1, 1) ~= "2" then return nil, last end
  return result
end

local function fetch(conn)
  local text = conn:recv("all") -- to the FIN: nothing else says how long a file is
  conn:close()
  return text
end

function session:get(name) return with_data(self, "RETR " .. name, fetch) end
function session:list() return with_data(self, "NLST", fetch) end

function session:put(name, text)
  return with_data(self, "STOR " .. name, function(conn)
    local n = conn:send(text)
    conn:close()
    return n
  end)
end

function session:quit()
  self:ask("QUIT", "2")
  self.conn:recv("all", { timeout = "1min" }) -- to the server's FIN
  self.conn:close()
end

-- session.said has the dialogue, "C: " and "S: " before each line.
function ftp.connect(client, target, given)
  given = given or {}
  local conn, err = client:connect(target, given.port or 21)
  if not conn then return nil, err end
  local s = setmetatable({ client = client, conn = conn, mode = given.mode, said = {} }, session)
  local ok, why = reply(s), nil
  if ok:sub(1, 1) ~= "2" then ok, why = nil, ok end
  if ok then ok, why = s:ask("USER " .. (given.user or "anonymous"), "3") end
  if ok then ok, why = s:ask("PASS " .. (given.password or "guest"), "2") end
  if ok then return s end
  conn:close()
  return nil, why
end

return ftp
