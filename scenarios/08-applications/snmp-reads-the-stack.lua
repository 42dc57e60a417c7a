-- A machine counts what its TCP does. How does another one read the counters?
local course = require "course"
local snmp = require "snmp"
sim.lesson { "Asking the machine for its counters", zh = "SNMP",
             question = { "How often has that machine over there retransmitted?", zh = "那台机器重传了几次，怎么知道？" },
             shows = { "SNMP reads a host's TCP counters over UDP: how often it has retransmitted is plain to see.",
                       zh = "SNMP 用 UDP 读出这台主机的 TCP 计数器，重传了几次一目了然。" },
             flip = { lost = 0 } }
local p = sim.params { lost = 3 }
course.defaults()
local client, server, wire = course.pair()
snmp.serve(server)
sim.label({ udp = true }, snmp.label)
local names = { "sysUpTime", "tcpActiveOpens", "tcpRetransSegs", "tcpCurrEstab" }
local conn, peer = course.connected(client, server, 5000)

sim.sleep(1 - sim.now())
local before = assert(snmp.get(client, server, names))
sim.note { "Two datagrams: the names go there, name=value comes back. On the wire a name is a number, tcpRetransSegs is 1.3.6.1.2.1.6.12.0.",
           zh = "两个数据报：名字发过去，“名字=值”拿回来。线路上名字是一串数，tcpRetransSegs 就是 1.3.6.1.2.1.6.12.0。" }

-- The server sends; what it sends is lost three times, as in rto-backoff.
sim.sleep(2 - sim.now())
if p.lost > 0 then wire:drop({ tcp = true, data = true }, { count = p.lost }) end
peer:send(string.rep("a", 100))
sim.sleep(11 - sim.now())
check.equal(conn:recv(), string.rep("a", 100))
local after = assert(snmp.get(client, server, names))

local rows = {}
for i, name in ipairs(names) do rows[i] = { name, before[name], after[name], after[name] - before[name] } end
sim.table { "the server's counters, read by the client", zh = "客户端读到的服务器计数器",
            columns = { { "name", zh = "名字" }, { "before", zh = "之前" }, { "after", zh = "之后" },
                        { "difference", zh = "差" } }, rows = rows }
check.equal(after.tcpRetransSegs - before.tcpRetransSegs, p.lost, "one retransmission for each loss, and no other")
check.equal(after.tcpRetransSegs, server.counters.TcpRetransSegs, "what the stack itself has counted")
check.equal({ before.tcpActiveOpens, before.tcpCurrEstab }, { 0, 1 }, "it called nobody, and has one connection")
check.equal({ before.sysUpTime, after.sysUpTime }, { 101, 1101 }, "hundredths of a second, when the question arrived")

-- The question, octet by octet: a tag, a length, a value, in which there are such triples again.
local question = client:packets({ udp = true, dport = 161 })[1]
local hex = question.payload:gsub(".", function(octet) return (" %02x"):format(octet:byte()) end)
check.equal(hex, " 30 50 02 01 00 04 06 70 75 62 6c 69 63" .. -- SEQUENCE of 80 octets: version 0, "public",
            " a0 43 02 01 01 02 01 00 02 01 00 30 38" ..      -- GetRequest of 67: number 1, no error, and 4 times
            " 30 0c 06 08 2b 06 01 02 01 01 03 00 05 00" ..   -- a name, and NULL where its value will be
            " 30 0c 06 08 2b 06 01 02 01 06 05 00 05 00" ..
            " 30 0c 06 08 2b 06 01 02 01 06 0c 00 05 00" ..
            " 30 0c 06 08 2b 06 01 02 01 06 09 00 05 00", "BER")
check.equal(#client:packets { udp = true }, 4, "a datagram each way, twice: no connection to make or to end")

-- Who does not know the word gets no answer at all.
check.equal({ snmp.get(client, server, names, { community = "guess" }) }, { nil, "TIMEOUT" })
sim.note { "Another word than \"public\", and the server is silent: three tries, no answer. The word travels in the clear; version 3 encrypts.",
           zh = "团体名不是 public，服务器就不作声：试了三次，没有应答。团体名是明文传送的，版本 3 才加密。" }
