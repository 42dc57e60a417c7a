-- Ports are 16 bits. How many are there, and what happens when those for callers run out?
local course = require "course"
sim.lesson { "How many ports?", zh = "端口号到底有多少",
             question = { "How many ports are there and who may use them?", zh = "端口号有多少个？谁能用哪些？" },
             shows = { "65,536 ports; when the ephemeral ones are used up, no more connections to the " ..
                       "same place can be opened.",
                       zh = "端口 0–65535 共 65536 个；临时端口用完时，连接同一个目的就会失败。" },
             flip = { ports = 11 } }
local p = sim.params { ports = 10 }          -- ephemeral ports of the client
course.defaults { port_min = 40000, port_max = 40000 + p.ports - 1 }
local client, server = course.pair()
server:listen(80)
server:listen(81)

check.equal(2 ^ 16, 65536.0, "0 to 65535: 65536 of them, not 65535")
check.equal(pcall(function() server:listen(65536) end), false, "no such port: an invalid argument")
check(server:listen(65535), "the last one")
sim.table { "Who may use them (RFC 6335)", zh = "各归谁用（RFC 6335）",
            columns = { { "ports", zh = "端口" }, { "range", zh = "范围" } },
            rows = { { "0", { "reserved", zh = "保留" } }, { "1-1023", { "system", zh = "系统（熟知）端口" } },
                     { "1024-49151", { "user, registered", zh = "用户（登记）端口" } },
                     { "49152-65535", { "dynamic; Linux takes 32768-60999", zh = "动态（临时）端口；Linux 用 32768-60999" } } } }

local used = {}
for i = 1, 10 do
  local conn = assert(client:connect(server, 80))
  used[conn.local_port] = true
end
for port = 40000, 40009 do check(used[port], "picked from the range: " .. port) end
local eleventh, err = client:connect(server, 80)
if p.ports == 10 then
  check.equal({ eleventh, err }, { nil, "EADDRNOTAVAIL" }, "the same destination once more: no port is left")
  local other = assert(client:connect(server, 81))
  check(used[other.local_port], "another destination: a used port will do, the four-tuple is another")
  sim.note { "Ten ports, ten connections to the same server and port. To another destination the same ten serve again.",
             zh = "十个端口，到同一服务器同一端口只能有十条连接；换个目的，这十个端口还能再用。" }
else
  check.equal(err, nil)
  check.equal(eleventh.local_port, 40010)
  sim.note { "One port more, one connection more.", zh = "多一个端口，就多一条连接。" }
end
