-- Nobody has that address. How often is it asked for, and what is the program told?
local course = require "course"
sim.lesson { "Nobody has that address", zh = "没人应答",
             question = { "What if nobody answers ARP?", zh = "ARP 没人应答会怎样？" },
             shows = { "Asked three times, nobody answers, and the program hears that the host is " ..
                       "unreachable; where a router asks in vain, it answers by ICMP.",
                       zh = "问三次没人应答，程序得到“主机不可达”；若是路由器问不到，则由路由器回 ICMP。" } }
course.defaults({}, "cold")
local hosts = course.lan()

local s = hosts.a:udp()
s:connect("192.168.1.99", 9)
check(s:send("hello"), "the datagram waits in the ARP queue")
sim.sleep("3.5s")
local ok, err = s:send("still there?")
check.equal(err, "EHOSTUNREACH", "after three requests the program is told")
sim.note { "Asked three times, one second apart; then what waited is dropped.",
           zh = "隔一秒问一次，问了三次；然后丢弃排队的数据报。" }
check.trace(hosts.a, [[
  0.000  arp request 192.168.1.99
  1.000  arp request 192.168.1.99
  2.000  arp request 192.168.1.99
]])
check.equal(hosts.a.drops["arp.unresolved"], 1)

-- The same behind a router: it is the router that asks, and tells the sender by ICMP.
local far = sim.host("far", { ip = "10.9.0.2/24", gateway = "10.9.0.1" })
local r = sim.router("r")
sim.link(far, r:interface("eth0", { ip = "10.9.0.1/24" }), { delay = "1ms" })
sim.link(r:interface("eth1", { ip = "192.168.1.1/24" }), sim.switch("sw2"), { delay = "1ms" })
local result = far:ping("192.168.1.99", { count = 1, timeout = "5s" })
check.equal(result.received, 0)
check.equal(#far:packets { icmp = "host-unreachable" }, 1, "the router says: host unreachable")
