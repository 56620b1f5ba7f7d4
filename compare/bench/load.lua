-- Makes wrk send the requests of a plan, which is a Lua table in the file that is named after the URL:
--   slots        one cycle of requests: each the pieces of its text, between which a running number goes, and its stream
--   streams      where each running number begins, and after how many it begins again (0: never)
--   connections  how many there are
--   seconds      after which no request is begun any more
--   most         requests after which none is begun any more; math.huge for no such limit
-- It prints a line once all that was begun is answered, for wrk itself sleeps on until it is interrupted; and at the end
-- one line of JSON, for compare.bench.wrk.

local ffi = require("ffi")
ffi.cdef("struct timeval { long tv_sec; long tv_usec; }; int gettimeofday(struct timeval *, void *);")
local time = ffi.new("struct timeval")

-- Those of compare.bench.jobs; done is called where no plan was read.
local quantiles = {0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1}
local plan, place, counts, shown, idle, sender = nil, 0, {}, false, 0, nil

-- What done asks the thread for: how many requests were begun; when the first was begun, and the last answer heard; the
-- processor time by each of these.
work = {begun = 0, first = 0, last = 0, before = 0, after = 0}

-- Seconds, by the clock with which wrk takes latencies.
local function now()
   ffi.C.gettimeofday(time, nil)
   return tonumber(time.tv_sec) + tonumber(time.tv_usec) / 1e6
end

local function following()
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

-- wrk writes nothing for a request of no bytes, and asks for no other before it has heard from the connection.
local function rest(at)
   idle, work.last, work.after = idle + 1, at, os.clock()
   if idle == plan.connections then
      wrk.thread:stop()
      io.write("\n")
      io.flush()
   end
   return ""
end

function setup(thread) -- there is one
   sender = thread
end

function init(args)
   plan = dofile(args[1])
   for number = 1, #plan.streams do
      counts[number] = 0
   end
end

-- A connection asks for a request when it is made, when it has its answer, and when it had to be made anew and so has lost
-- it: once each has been told to rest, all that was begun is answered or lost.
function request()
   if not shown then -- wrk looks at a first request that it does not send
      shown = true
      return table.concat(plan.slots[1].pieces, string.format("%07d", 0))
   end
   local at = now()
   if work.begun == 0 then
      work.first, work.last, work.before, work.after = at, at, os.clock(), os.clock()
   end
   if work.begun >= plan.most or at >= work.first + plan.seconds then
      return rest(at)
   end
   work.begun = work.begun + 1
   return following()
end

function done(summary, latency, _)
   local curve = {}
   for number, quantile in ipairs(quantiles) do
      local micros = quantile < 1 and latency:percentile(quantile * 100) or latency.max
      curve[number] = string.format("[%.4f,%.6f]", quantile, micros / 1e6)
   end
   local errors = summary.errors
   local closed = errors.read + errors.write
   local work = sender:get("work")
   local unanswered = math.max(0, work.begun - summary.requests - closed)
   io.write(string.format(
      '\n{"answered":%d,"seconds":%.6f,"cpu":%.6f,"bytes":%.0f,"curve":[%s],' ..
      '"errors":{"connect":%d,"closed":%d,"status":%d,"timeout":%d}}\n',
      summary.requests - errors.status, work.last - work.first, work.after - work.before,
      summary.bytes, table.concat(curve, ","), errors.connect, closed, errors.status, errors.timeout + unanswered
   ))
end
