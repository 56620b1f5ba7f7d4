-- Makes wrk send the requests of a plan, which is a Lua table in the file that is named after the URL:
--   slots    one cycle of requests: each the pieces of its text, between which a running number goes, and its stream
--   streams  where each running number begins, and after how many it begins again (0: never)
-- What it prints is one line of JSON, for compare.bench.wrk.

-- Those of compare.bench.jobs; done is called where no plan was read.
local quantiles = {0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1}
local plan, place, counts, shown = nil, 0, {}, false

function init(args)
   plan = dofile(args[1])
   for number = 1, #plan.streams do
      counts[number] = 0
   end
end

function request()
   if not shown then -- wrk looks at a first request that it does not send
      shown = true
      return table.concat(plan.slots[1].pieces, string.format("%07d", 0))
   end
   place = place % #plan.slots + 1
   local slot = plan.slots[place]
   if #slot.pieces == 1 then
      return slot.pieces[1]
   end
   local stream, count = plan.streams[slot.stream], counts[slot.stream]
   counts[slot.stream] = count + 1
   if stream.span > 0 then
      count = count % stream.span
   end
   return table.concat(slot.pieces, string.format("%07d", stream.first + count))
end

function done(summary, latency, _)
   local curve = {}
   for number, quantile in ipairs(quantiles) do
      local micros = quantile < 1 and latency:percentile(quantile * 100) or latency.max
      curve[number] = string.format("[%.4f,%.6f]", quantile, micros / 1e6)
   end
   local errors = summary.errors
   io.write(string.format(
      '\n{"answered":%d,"seconds":%.6f,"bytes":%.0f,"curve":[%s],' ..
      '"errors":{"connect":%d,"closed":%d,"status":%d,"timeout":%d}}\n',
      summary.requests - errors.status, summary.duration / 1e6, summary.bytes, table.concat(curve, ","),
      errors.connect, errors.read + errors.write, errors.status, errors.timeout
   ))
end
