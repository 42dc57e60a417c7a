-- A host is switched on and knows nothing but its MAC. How does it get an address, and for how long?
local course = require "course"
sim.lesson { "An address for an hour", zh = "DHCP 四步",
             question = { "How does a host get its address?", zh = "主机的地址是怎么来的？" },
             shows = { "Four messages lend a host its address, mask, gateway and DNS server; it asks for more time at half of it.",
                       zh = "DHCP 四步：发现、提供、请求、确认，租来地址、掩码、网关和 DNS。" },
             flip = { lost = 1 } }
local p = sim.params { lost = 0 }
course.defaults(nil, "cold")
local client = sim.host("client", { ip = "dhcp", mac = "02:00:00:00:00:0c" })
local sw, r, www = sim.switch("sw"), sim.router("r"), sim.host("www", { ip = "203.0.113.80/24" })
local wire = sim.link(client, sw, { delay = "1ms" })
sim.link(sw, r:interface("eth0", { ip = "192.168.1.1/24", mac = course.mac("192.168.1.1") }), { delay = "1ms" })
sim.link(r:interface("eth1", { ip = "203.0.113.1/24" }), www, { delay = "10ms" })
r:serve_dns { zone = "example.com", records = "www A 203.0.113.80 ; the web server" }
r:serve_dhcp { pool = "192.168.1.100-192.168.1.199", router = r, dns = r, lease = "1h", ping = false }
course.label_dns()
sim.label({ udp = true, dport = 67 }, function(packet) return packet.dhcp.type end)
sim.label({ udp = true, dport = 68 }, function(packet) return packet.dhcp.type .. " " .. packet.dhcp.yiaddr end)

if p.lost > 0 then wire:drop({ udp = true, dport = 68 }, { count = p.lost }) end
check.equal(client.ip, nil, "it has a MAC, and no address")
local lease = client:dhcp()
local said = client:packets { udp = true }
local first = said[1]
check.equal(first.ip.src .. ":" .. first.udp.sport, "0.0.0.0:68", "from nobody ...")
check.equal(first.ip.dst .. ":" .. first.udp.dport, "255.255.255.255:67", "... to everybody")
check.equal(first.dhcp.chaddr, client.mac, "by this MAC the answer finds it")

if p.lost == 0 then
  check.trace(client, [[
    0.000  "DHCPDISCOVER"
    0.004  "DHCPOFFER 192.168.1.100"
    0.004  "DHCPREQUEST"
    0.008  "DHCPACK 192.168.1.100"
  ]], { filter = { udp = true } })
  sim.note { "Is there a server? Here is an address. I take that one. It is yours. Then ARP asks three times: does anybody use it?",
             zh = "有服务器吗？有个地址给你。我要这个。归你了。然后用 ARP 问三遍：有人在用吗？" }
else
  check.equal(said[2].dhcp.type, "DHCPDISCOVER", "no offer came, and nobody but the client notices")
  check.near(said[2].time, 4, 1, "it asks again after four seconds, give or take one")
  check.equal(said[2].dhcp.secs, said[2].time // 1 | 0, "and says for how long it has been trying")
  check.equal(client.ip, "192.168.1.100", "the address that was offered to it is kept for it")
  sim.note { "The offer was lost. UDP repeats nothing: the client's own clock rang, four seconds give or take one.",
             zh = "DHCPOFFER 丢了。UDP 不重发，是客户端自己的时钟响了：4 秒，上下浮动 1 秒。" }
end
local request, ack = said[#said - 1], said[#said].dhcp
check.equal({ request.dhcp.type, request.ip.dst, request.dhcp.server }, { "DHCPREQUEST", "255.255.255.255", "192.168.1.1" },
            "to everybody again: servers that are not meant hear that their offers are not taken")
check.equal({ ack.yiaddr, ack.mask, ack.router[1], ack.dns[1], ack.lease },
            { "192.168.1.100", "255.255.255.0", "192.168.1.1", "192.168.1.1", 3600 }, "all that a host needs to know")
local probes = {}
for _, packet in ipairs(client:packets { arp = "request" }) do
  if packet.arp.spa ~= packet.arp.tpa then probes[#probes + 1] = packet end
end
check.equal(#probes, 3, "asked three times, and nobody answered: it is free")
check.equal({ probes[1].arp.spa, probes[1].arp.tpa }, { "0.0.0.0", "192.168.1.100" },
            "ARP asks without an address of its own, lest others learn a wrong one")
check.equal({ lease.ip, lease.router, lease.dns[1], lease.lease }, { client.ip, "192.168.1.1", "192.168.1.1", 3600 })
check.equal(client:ping("www.example.com", { count = 1 }).received, 1, "nobody has configured it, and it works, by name")

sim.sleep(lease.renew + 1 - sim.now())
local renewal = client:packets({ udp = true, dport = 67 }, { since = lease.renew - 1 })
check.equal(#renewal, 1)
check.near(renewal[1].time, lease.since + 1800, 0.01, "half of the lease is over")
check.equal({ renewal[1].ip.src, renewal[1].ip.dst }, { "192.168.1.100", "192.168.1.1" },
            "it has an address now, and knows the server: no broadcast")
check.equal(renewal[1].dhcp.ciaddr, "192.168.1.100", "may I keep it?")
check.near(client:dhcp_lease().expires, renewal[1].time + 3600, 0.01, "for another hour, from now")
sim.note { "Half of the lease is over: the client asks the server alone, and may keep the address for another hour.",
           zh = "租约过半：客户端单播问服务器续租，又得一小时。" }
print(r:dhcp_leases())
