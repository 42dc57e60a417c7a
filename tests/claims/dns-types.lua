-- Every type of record goes from a zone's text over the wire to who asks, through a resolver, over UDP and over TCP.
-- tests/dns-readers has drill and scapy read each of these messages, too.
sim.defaults { arp = { warm = true } }
local root = sim.host("root", { ip = "10.0.0.1/24" })
local auth = sim.host("auth", { ip = "10.0.0.2/24" })
local resolver = sim.host("resolver", { ip = "10.0.0.3/24" })
local client = sim.host("client", { ip = "10.0.0.4/24", dns = "10.0.0.3" })
local sw = sim.switch("sw")
for _, host in ipairs { root, auth, resolver, client } do sim.link(host, sw, { delay = "1ms" }) end
root:serve_dns { zone = ".", records = [[
.        1d NS ns.root.
ns.root. 1d A  10.0.0.1
test.    1d NS ns.test.
ns.test. 1d A  10.0.0.2
]] }
auth:serve_dns { zone = "test", records = [[
$TTL 1h
@                SOA   ns hostmaster ( 1 2h 30m 2w 5m )
@                NS    ns
@                MX    10 mail
@                MX    20 mail.example.net.
ns               A     10.0.0.2
ns               AAAA  2001:db8::53
mail             A     10.0.0.25
www              CNAME web.there
web.there        CNAME host
host             A     10.0.0.80
host             AAAA  2001:db8::80
text             TXT   "one string" "and \"another\"" "\195\164; not a comment"
_sip._udp        SRV   1 2 5060 host
80.0.0.10.in-addr PTR  host
*.wild           A     10.0.0.99
odd\.dot\032name A     10.0.0.100
]] }
resolver:serve_dns { recursive = true, roots = { root } }

local expected = {
  { "test", "SOA", "ns.test. hostmaster.test. 1 7200 1800 1209600 300" },
  { "test", "NS", "ns.test" },
  { "test", "MX", "10 mail.test.", "20 mail.example.net." },
  { "ns.test", "AAAA", "2001:db8::53" },
  { "www.test", "CNAME", "web.there.test" },
  { "www.test", "A", "web.there.test", "host.test", "10.0.0.80" },
  { "www.test", "AAAA", "web.there.test", "host.test", "2001:db8::80" },
  { "text.test", "TXT", [["one string" "and \"another\"" "\195\164; not a comment"]] },
  { "_sip._udp.test", "SRV", "1 2 5060 host.test." },
  { "80.0.0.10.in-addr.test", "PTR", "host.test" },
  { "a.b.wild.test", "A", "10.0.0.99" },
  { "odd\\.dot\\032name.test", "A", "10.0.0.100" },
}
for _, options in ipairs { {}, { tcp = true }, { edns = 4096 }, { edns = 0 }, { server = auth, recurse = false } } do
  for _, row in ipairs(expected) do
    local answer, err = client:resolve(row[1], row[2], options)
    if check(answer, row[1] .. " " .. row[2] .. ": " .. tostring(err)) then
      local data = {}
      for i, record in ipairs(answer.answer) do data[i] = record.data end
      table.sort(data)
      local wanted = { table.unpack(row, 3) }
      table.sort(wanted)
      check.equal(data, wanted, row[1] .. " " .. row[2])
    end
  end
  for _, row in ipairs { { "none.test", "A", "EAI_NONAME" }, { "host.test", "TXT", "EAI_NODATA" },
                         { "wild.test", "A", "EAI_NODATA" } } do
    local answer, err, said = client:resolve(row[1], row[2], options)
    check.equal({ answer, err }, { nil, row[3] }, row[1])
    check.equal(said.authority[1].type, "SOA", "RFC 2308: who says no says for how long")
  end
end
