-- small.lua - four services to try a network with, each over TCP and over UDP: echo sends back what comes (RFC 862),
-- discard keeps silent (RFC 863), chargen sends letters (RFC 864), daytime tells the time (RFC 867).
--
--   local small = require "small"
--   small.serve(server, "echo")       -- on small.port.echo, 7; { udp = false }: over TCP only
local course = require "course"

local small = { port = { echo = 7, discard = 9, daytime = 13, chargen = 19 } }

-- A scenario begins on 1 January 1970.
local function daytime()
  local s = sim.now() // 1 | 0
  return ("day %d, %02d:%02d:%02d UTC\r\n"):format(s // 86400 + 1, s // 3600 % 24, s // 60 % 60, s % 60)
end

-- Line n of RFC 864: 72 of the 95 letters that print, beginning with the one that is n further.
local printing = ""
for code = 32, 126 do printing = printing .. string.char(code) end
local ring = printing .. printing
local function letters(n)
  local first = n % #printing + 1
  return ring:sub(first, first + 71) .. "\r\n"
end

-- What is done with a connection; it is closed then.
local over_tcp = {}

function over_tcp.echo(conn)
  local data = conn:recv()
  while data and conn:send(data) do data = conn:recv() end
end

function over_tcp.discard(conn)
  repeat until not conn:recv()
end

function over_tcp.daytime(conn) conn:send(daytime()) end

function over_tcp.chargen(conn) -- until the other side has had enough
  local n = 0
  while conn:send(letters(n)) do n = n + 1 end
end

-- What answers a datagram; nil: nothing.
local over_udp = { echo = function(data) return data end, discard = function() end, daytime = daytime,
                   chargen = function() return letters(0) end }

function small.serve(host, name, given)
  local port = assert(small.port[name], "echo, discard, daytime or chargen")
  given = given or {}
  if given.tcp ~= false then
    course.serve(host, port, function(conn)
      over_tcp[name](conn)
      conn:close()
    end)
  end
  if given.udp == false then return end
  local socket = host:udp(port)
  host:spawn(function()
    while true do
      local data, from = socket:recvfrom()
      -- Two servers that answer each other, since somebody forged a datagram, would never end.
      local answer = data and from.port >= 1024 and over_udp[name](data)
      if answer then socket:sendto(answer, from) end
    end
  end)
end

return small
