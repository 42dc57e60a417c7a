-- telnet.lua - keys one way, the screen's text the other, RFC 854. What begins with IAC is between the
-- two programs: a server that echoes says WILL ECHO (RFC 857), and the client stops echoing by itself.
--
--   local telnet = require "telnet"
--   telnet.serve(server, function(line) return "you said " .. line end)
--   local t = telnet.connect(client, server)
--   t:type("ls\r\n")  t:read()                -- what the screen shows since the last read
local course = require "course"

local telnet = { IAC = 255, DONT = 254, DO = 253, WONT = 252, WILL = 251, ECHO = 1, SUPPRESS_GO_AHEAD = 3 }
local names = { [251] = "WILL", [252] = "WONT", [253] = "DO", [254] = "DONT" }
local options = { [1] = "ECHO", [3] = "SUPPRESS-GO-AHEAD" }

function telnet.command(verb, option) return string.char(telnet.IAC, verb, option) end

-- A label for packets: "WILL ECHO", or the text.
function telnet.label(packet)
  local verb, option = packet.payload:match("^\xff([\xfb-\xfe])(.)")
  if verb then return names[verb:byte()] .. " " .. (options[option:byte()] or option:byte()) end
  return (packet.payload:gsub("[\r\n]+", "<CR>"))
end

-- Splits what came into its text and its commands, each { verb, option }; what is begun, but not
-- over, is kept for the next piece. IAC IAC is the octet 255; NUL after CR is nothing (RFC 854).
local function split(state, data)
  local text, commands, i = {}, {}, 1
  data = state.rest .. data
  while i <= #data do
    local octet, verb = data:byte(i, i + 1)
    if octet == telnet.IAC then
      local length = verb and verb >= telnet.WILL and verb <= telnet.DONT and 3 or 2
      if i + length - 1 > #data then break end
      if length == 3 then commands[#commands + 1] = { verb, data:byte(i + 2) }
      elseif verb == telnet.IAC then text[#text + 1] = "\xff" end
      i = i + length
    else
      if octet ~= 0 then text[#text + 1] = string.char(octet) end
      i = i + 1
    end
  end
  state.rest = data:sub(i)
  return table.concat(text), commands
end

-- answer(line) gives the text that is shown after a line; nil hangs up. `echo = false`: half duplex.
function telnet.serve(server, answer, given)
  given = given or {}
  course.serve(server, given.port or 23, function(conn)
    local state, line = { rest = "" }, ""
    local echo = given.echo ~= false
    if echo then conn:send(telnet.command(telnet.WILL, telnet.ECHO)) end
    while true do
      local data = conn:recv()
      if not data then break end
      local text, commands = split(state, data)
      for _, c in ipairs(commands) do -- what is not offered is refused; to DONT ECHO one complies
        if c[1] == telnet.DO and c[2] ~= telnet.ECHO then conn:send(telnet.command(telnet.WONT, c[2]))
        elseif c[1] == telnet.WILL then conn:send(telnet.command(telnet.DONT, c[2]))
        elseif c[1] == telnet.DONT and c[2] == telnet.ECHO and echo then
          echo = false
          conn:send(telnet.command(telnet.WONT, telnet.ECHO))
        end
      end
      if echo and text ~= "" then conn:send(text) end
      line = line .. text
      while line:find("\n", 1, true) do
        local one, rest = line:match("^(.-)\r?\n(.*)$")
        line = rest
        local shown = answer(one)
        if not shown then return conn:close() end
        conn:send(shown .. "\r\n")
      end
    end
    conn:close()
  end, given.sockets)
end

-- A terminal. `sockets` are options of connect.
function telnet.connect(client, target, port, sockets)
  local conn, err = client:connect(target, port or 23, sockets)
  if not conn then return nil, err end
  local terminal = { conn = conn, local_echo = true }
  local state, shown = { rest = "" }, ""
  client:spawn(function()
    while true do
      local data = conn:recv()
      if not data then break end
      local text, commands = split(state, data)
      shown = shown .. text
      for _, c in ipairs(commands) do
        local echo = c[2] == telnet.ECHO
        if c[1] == telnet.WILL and not echo then conn:send(telnet.command(telnet.DONT, c[2]))
        elseif c[1] == telnet.WILL and terminal.local_echo then
          terminal.local_echo = false
          conn:send(telnet.command(telnet.DO, c[2]))
        elseif c[1] == telnet.WONT and echo and not terminal.local_echo then
          terminal.local_echo = true
          conn:send(telnet.command(telnet.DONT, c[2]))
        elseif c[1] == telnet.DO then conn:send(telnet.command(telnet.WONT, c[2])) end
      end
    end
  end)
  function terminal:type(keys)
    if self.local_echo then shown = shown .. keys end
    return conn:send((keys:gsub("\xff", "\xff\xff")))
  end
  function terminal:read()
    local text = shown
    shown = ""
    return text
  end
  function terminal:close() return conn:close() end
  return terminal
end

return telnet
