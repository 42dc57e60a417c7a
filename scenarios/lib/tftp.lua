-- tftp.lua - files over UDP, block by block, RFC 1350: the next one goes when the last is acknowledged.
-- Reliability is made here, in the application: numbers, acknowledgments, a clock.
--
--   local tftp = require "tftp"
--   tftp.serve(server, { boot = "..." }, { apprentice = false, timeout = "1s", attempts = 5 })
--   local text, err = tftp.get(client, server, "boot")      tftp.put(client, server, "name", text)
local tftp = { RRQ = 1, WRQ = 2, DATA = 3, ACK = 4, ERROR = 5, BLOCK = 512 }

local function data(n, block) return string.pack(">I2I2", tftp.DATA, n) .. block end
local function ack(n) return string.pack(">I2I2", tftp.ACK, n) end
local function fault(code, text) return string.pack(">I2I2z", tftp.ERROR, code, text) end
local function request(op, name) return string.pack(">I2zz", op, name, "octet") end

-- What a datagram says: its operation, a number (of a block, of an error), and the rest. nil: nothing.
local function parse(message)
  if #message < 4 then return nil end
  local op, n = string.unpack(">I2I2", message)
  if op < tftp.DATA or op > tftp.ERROR or #message > 4 + tftp.BLOCK then return nil end
  return op, n, message:sub(5)
end

local function parse_request(message)
  local op, name, mode = message:match("^\0([\1\2])([^\0]+)\0([^\0]+)\0")
  if op then return op:byte(), name, mode:lower() end
end

-- A label for packets: "DATA 2, 512 bytes".
function tftp.label(packet)
  local wanted, name = parse_request(packet.payload or "")
  if wanted then return (wanted == tftp.RRQ and "RRQ " or "WRQ ") .. name end
  local op, n, rest = parse(packet.payload or "")
  if op == tftp.DATA then return ("DATA %d, %d bytes"):format(n, packet.udp.len - 12) end
  if op == tftp.ACK then return "ACK " .. n end
  return op and "ERROR " .. rest:gsub("\0", "")
end

-- Waits for `op` from the peer; its port is learnt from its first word (§4). nil, NAME else.
local function await(talk, op, deadline)
  while true do
    local left = deadline - sim.now()
    if left <= 0 then return nil, "TIMEOUT" end
    local message, from = talk.socket:recvfrom { timeout = left }
    if not message then return nil, from end
    if from.port > 0 and from.ip == talk.ip and (talk.port or from.port) == from.port then
      local got, n, rest = parse(message)
      if got == tftp.ERROR then return nil, (rest:gsub("\0", "")) end
      talk.port = from.port
      if got == op then return n, rest end
    else
      talk.socket:sendto(fault(5, "unknown transfer"), from)
    end
  end
end

-- Sends `message` until what is wanted comes; what(n) says whether it is that.
local function ask(talk, message, op, wanted)
  for _ = 1, talk.attempts do
    local sent, err = talk.socket:sendto(message, talk.ip, talk.port or 69)
    if not sent then return nil, err end
    local deadline = sim.now() + talk.timeout
    while true do
      local n, rest = await(talk, op, deadline)
      if n == wanted then return n, rest end
      if not n then
        if rest ~= "TIMEOUT" then return nil, rest end
        break
      end
      if n == (wanted - 1) & 0xffff then -- the one before, again
        if op == tftp.DATA then talk.socket:sendto(ack(n), talk.ip, talk.port) end
        -- RFC 1123 §4.2.3.1: to answer a repeated ACK by DATA again doubles all that follows.
        if op == tftp.ACK and talk.apprentice then talk.socket:sendto(message, talk.ip, talk.port) end
      end
    end
  end
  return nil, "TIMEOUT"
end

-- Blocks 1, 2, 3 ...; one that is shorter than 512, be it empty, is the last.
local function send_file(talk, text)
  local n = 0
  repeat
    n = n + 1
    local block = text:sub((n - 1) * tftp.BLOCK + 1, n * tftp.BLOCK)
    local ok, err = ask(talk, data(n & 0xffff, block), tftp.ACK, n & 0xffff)
    if not ok then return nil, err end
  until #block < tftp.BLOCK
  return n
end

-- `first` makes the peer send block 1: the request, or the ACK of one. Closes the socket in time.
local function receive_file(talk, first)
  local blocks, message = {}, first
  repeat
    local n, block = ask(talk, message, tftp.DATA, (#blocks + 1) & 0xffff)
    if not n then
      talk.socket:close()
      return nil, block
    end
    blocks[#blocks + 1] = block
    message = ack(n)
  until #block < tftp.BLOCK
  talk.socket:sendto(message, talk.ip, talk.port)
  talk.host:spawn(function() -- §6: if this ACK is lost, the last block comes again
    while true do
      local n = await(talk, tftp.DATA, sim.now() + 2 * talk.timeout)
      if not n then break end
      talk.socket:sendto(ack(n), talk.ip, talk.port)
    end
    talk.socket:close()
  end)
  return table.concat(blocks)
end

local function open(host, ip, port, given)
  given = given or {}
  return { host = host, socket = host:udp(), ip = ip, port = port, apprentice = given.apprentice,
           timeout = sim.number(given.timeout or "1s"), attempts = given.attempts or 5 }
end

-- Each request is served from a port of its own, so many can go on at once.
function tftp.serve(server, files, given)
  local door = server:udp(69)
  server:spawn(function()
    while true do
      local message, from = door:recvfrom()
      local op, name, mode = parse_request(message or "")
      if op and from.port > 0 then
        server:spawn(function()
          local talk = open(server, from.ip, from.port, given)
          if op == tftp.WRQ and mode == "octet" then
            files[name] = receive_file(talk, ack(0)) or files[name]
            return
          end
          if mode ~= "octet" then talk.socket:sendto(fault(0, "octets only"), from)
          elseif files[name] then send_file(talk, files[name])
          else talk.socket:sendto(fault(1, "file not found"), from) end
          talk.socket:close()
        end)
      end
    end
  end)
end

function tftp.get(client, target, name, given)
  local talk = open(client, target.ip or target, nil, given)
  return receive_file(talk, request(tftp.RRQ, name))
end

function tftp.put(client, target, name, text, given)
  local talk = open(client, target.ip or target, nil, given)
  local ok, err = ask(talk, request(tftp.WRQ, name), tftp.ACK, 0)
  if ok then ok, err = send_file(talk, text) end
  talk.socket:close()
  return ok, err
end

return tftp
