-- Half a file has arrived when the cable is pulled for too long. Must it all come again?
local course = require "course"
sim.lesson { "Resuming a download", zh = "断点续传",
             question = { "Must a broken download begin anew?", zh = "下载断了要从头再来吗？" },
             shows = { "Resuming is HTTP's business: it tells the server from which byte on.",
                       zh = "断点续传是 HTTP 的功夫：告诉服务器从第几个字节开始。" },
             flip = { changed = true } }
local p = sim.params { changed = false, size = 40000 }
course.defaults()
local client, server, cable = course.pair { link = { rate = "1Mbit" } }
local parts = {}
for i = 1, p.size // 10 do parts[i] = string.format("%09d\n", i) end
local file = table.concat(parts)
local pages = { ["/file.bin"] = file }
server:serve_http(function(request) return { body = pages[request.path], status = 200 } end)
local plain = server:serve_http(8080, pages)

local url = "http://10.0.0.2:8080/file.bin"
sim.spawn(function() sim.sleep("200ms"); cable:down(); sim.sleep("5min"); cable:up() end)
local whole, err, part = client:get(url, { timeout = "6min" })
check.equal(whole, nil); check.equal(err, "TIMEOUT", "TCP will not say that the server has given up")
check.equal(part.status, 200)
check(#part.body > 0 and #part.body < #file, "a part is here")
check.equal(part.body, file:sub(1, #part.body), "and it is right")
local have, tag = #part.body, part.headers.ETag

local before = sim.now()
if p.changed then
  file = file:gsub("1\n", "2\n")
  pages["/file.bin"] = file
  plain:close()
  server:serve_http(8081, pages)
  url = "http://10.0.0.2:8081/file.bin"
end
local rest = assert(client:get(url, { range = have .. "-", headers = { ["If-Range"] = tag } }))
if not p.changed then
  check.equal(rest.status, 206, "Partial Content (RFC 9110 §14)")
  check.equal(rest.headers["Content-Range"], string.format("bytes %d-%d/%d", have, #file - 1, #file))
  check.equal(#rest.body, #file - have)
  check(part.body .. rest.body == file, "put together they are the file")
  sim.note { string.format("%d bytes had come; \"Range: bytes=%d-\" fetches the other %d.", have, have, #rest.body),
             zh = string.format("已经收到 %d 字节；“Range: bytes=%d-” 只取剩下的 %d 字节。", have, have, #rest.body) }
else
  check.equal(rest.status, 200, "the file is another one: If-Range fetches all of it (RFC 9110 §13.1.5)")
  check(rest.body == file)
  sim.note { "The file has changed meanwhile. If-Range saw it, so no half of the old is joined to a half of the new.",
             zh = "文件中途变了。If-Range 发现了，不会把旧的前半和新的后半拼在一起。" }
end
sim.note { "The connection knew nothing of files: TCP's numbers ended with it. The resume is HTTP's.",
           zh = "连接不知道什么是文件：TCP 的序号随连接结束。续传是 HTTP 的事。" }
