// Tells the story through npm's client `consul`, which is found by NODE_PATH.
//
//   node story.js URL
//
// A line of JSON follows each step; the first assertion that fails ends the story.
"use strict";

const assert = require("node:assert/strict");
const { randomBytes } = require("node:crypto");
const { EventEmitter } = require("node:events");
const { setTimeout: sleep } = require("node:timers/promises");

const Consul = require("consul");

const PATIENCE = 10_000; // milliseconds; only ever spent by a story that fails

const url = new URL(process.argv[2]);
const client = new Consul({ host: url.hostname, port: url.port });
const name = `web-${randomBytes(4).toString("hex")}`;
const [first, second] = [`${name}-1`, `${name}-2`];
let node; // the agent's

const STEPS = { agent, register, heartbeat, discover, filter, watch, lapse, catalog, maintenance, refusal, deregister };

/** Learn who answers. */
async function agent() {
  const self = await client.agent.self();
  node = self.Config.NodeName;
  assert.equal(self.Config.Datacenter, "dc1");
  assert.equal(self.Member.Name, node);
  const members = await client.agent.members();
  assert.deepEqual(members.map((member) => [member.Name, member.Status]), [[node, 1]]);
  const leader = await client.status.leader();
  assert.match(leader, /^127\.0\.0\.1:\d+$/);
  assert.deepEqual(await client.status.peers(), [leader]);
}

/** Register an instance with a TTL check and one without any; this client knows no weights. */
async function register() {
  await client.agent.service.register({
    id: first,
    name,
    address: "10.1.0.1",
    port: 8001,
    tags: ["primary", "v1"],
    meta: { version: "1" },
    check: { ttl: "30s", notes: "by its heartbeats" },
  });
  await client.agent.service.register({ id: second, name, address: "10.1.0.2", port: 8002, tags: ["v2"] });
  const services = await client.agent.service.list();
  const { ID, Service, Tags, Meta, Address, Port, Weights } = services[first];
  assert.deepEqual(
    { ID, Service, Tags, Meta, Address, Port, Weights },
    {
      ...{ ID: first, Service: name, Tags: ["primary", "v1"], Meta: { version: "1" } },
      ...{ Address: "10.1.0.1", Port: 8001, Weights: { Passing: 1, Warning: 1 } },
    },
  );
  const check = (await client.agent.check.list())[`service:${first}`];
  assert.deepEqual([check.Status, check.ServiceName, check.Notes], ["critical", name, "by its heartbeats"]);
  await eventually(() => ids(), [first, second]);
}

/** Report each state, and see it in the agent at once and in the catalog a little later. */
async function heartbeat() {
  const id = `service:${first}`;
  const { check } = client.agent;
  for (const [report, status, found] of [
    ["pass", "passing", [first, second]],
    ["warn", "warning", [second]],
    ["fail", "critical", [second]],
    ["pass", "passing", [first, second]],
  ]) {
    await check[report]({ id, note: `it is ${status}` });
    const mine = (await check.list())[id];
    assert.deepEqual([mine.Status, mine.Output], [status, `it is ${status}`]);
    await eventually(() => ids({ passing: true }), found);
    await eventually(() => statusOf(id), status);
  }
}

/** Find the instances with all that was registered, by service, tag, node and state. */
async function discover() {
  const entries = await client.health.service(name);
  const entry = entries.find((found) => found.Service.ID === first);
  assert.equal(entry.Node.Node, node);
  const { Address, Port, Tags, Meta } = entry.Service;
  assert.deepEqual([Address, Port, Tags, Meta], ["10.1.0.1", 8001, ["primary", "v1"], { version: "1" }]);
  assert.deepEqual(entry.Checks.map((check) => check.CheckID).sort(), ["serfHealth", `service:${first}`]);
  assert.deepEqual(await ids({ tag: "v2" }), [second]);
  assert.deepEqual(await ids({ tag: "v3" }), []);
  assert.deepEqual(await ids({ near: "_agent", consistent: true }), [first, second]);
  const checks = await client.health.checks(name);
  assert.deepEqual(checks.map((check) => [check.ServiceID, check.Status]), [[first, "passing"]]);
  assert((await client.health.node(node)).some((check) => check.CheckID === "serfHealth"));
  assert((await client.health.state("passing")).some((check) => check.CheckID === `service:${first}`));
}

/** Ask with filters. */
async function filter() {
  assert.deepEqual(await ids({ filter: 'Service.Meta.version == "1"' }), [first]);
  assert.deepEqual(await ids({ filter: "(v2 in Service.Tags) and not Service.Meta contains version" }), [second]);
  assert.deepEqual(await ids({ filter: "Checks.Status == warning" }), []);
  await refused(ids({ filter: "Service.Port ==" }), /boolean expression/);
  const services = await client.agent.service.list({ filter: `Service == "${name}" and Port == 8002` });
  assert.deepEqual(Object.keys(services), [second]);
}

/** Wait for a change: it wakes, another service's does not, and the index never goes back. */
async function watch() {
  const [index] = await indexed("health.service", { service: name });
  const begun = Date.now();
  const [unchanged] = await indexed("health.service", { service: name, index, wait: "200ms" });
  assert.equal(unchanged, index);
  assert(Date.now() - begun >= 200, "it did not wait");

  const changes = [];
  const watched = client.watch({ method: client.health.service, options: { service: name, passing: true } });
  watched.on("change", (entries) => changes.push(idsOf(entries)));
  watched.on("error", (error) => changes.push(error));
  await eventually(() => changes, [[first, second]]);

  const [servicesIndex] = await indexed("catalog.service.list", {});
  await client.agent.service.register(`${name}-other`);
  assert(`${name}-other` in (await client.catalog.service.list({ index: servicesIndex, wait: "10s" })));
  assert.equal(changes.length, 1);
  await client.agent.check.warn(`service:${first}`);
  await eventually(() => changes.slice(1), [[second]]);
  const [newer] = await indexed("health.service", { service: name, index, wait: "10s" });
  assert(Number(newer) > Number(index), `${newer} is not above ${index}`);
  await client.agent.check.pass(`service:${first}`);
  await eventually(() => changes.slice(2), [[first, second]]);
  watched.end();
  await client.agent.service.deregister(`${name}-other`);
}

/** Stop the heartbeats of a check of its own, and be woken by its lapse. */
async function lapse() {
  const id = `${name}-short`;
  let [index] = await indexed("health.service", { service: name });
  await client.agent.check.register({ id, name: "short", serviceid: second, ttl: "300ms", status: "passing" });
  for (let lapsed = false; !lapsed; ) {
    const [newer, entries] = await indexed("health.service", { service: name, index, wait: "10s" });
    assert(Number(newer) > Number(index), "nothing lapses");
    index = newer;
    const check = entries.flatMap((entry) => entry.Checks).find((found) => found.CheckID === id);
    lapsed = check.Status === "critical" && check.Output.startsWith("TTL expired");
  }
  assert.deepEqual(await ids({ passing: true }), [first]);
  await client.agent.check.deregister(id);
  await eventually(() => ids({ passing: true }), [first, second]);
}

/** List what the catalog has, and write a node of our own into it. */
async function catalog() {
  assert.deepEqual(await client.catalog.datacenters(), ["dc1"]);
  const services = await client.catalog.service.list({ stale: true });
  assert.deepEqual(services.consul, []);
  assert.deepEqual(services[name].sort(), ["primary", "v1", "v2"]);
  const [found] = await client.catalog.service.nodes({ service: name, tag: "primary" });
  assert.deepEqual([found.ServiceID, found.ServiceAddress, found.ServicePort], [first, "10.1.0.1", 8001]);
  assert.equal((await client.catalog.node.services(node)).Services[second].Service, name);

  const outside = `${name}-outside`;
  await client.catalog.register({
    node: outside,
    address: "10.9.0.1",
    nodemeta: { outside: name },
    service: { id: outside, service: name, address: "10.9.0.1", port: 9, tags: ["outside"] },
    check: {
      ...{ node: outside, checkid: outside, serviceid: outside, name: "looked at", status: "passing" },
      definition: { tcp: "10.9.0.1:9", intervalduration: "10s" },
    },
  });
  const nodes = await client.catalog.node.list({ "node-meta": `outside:${name}` });
  assert.deepEqual(nodes.map((listed) => listed.Node), [outside]);
  assert.deepEqual(await ids({ tag: "outside", passing: true }), [outside]);
  assert.deepEqual((await client.health.node(outside)).map((check) => check.CheckID), [outside]);
  await client.catalog.deregister(outside);
  assert.deepEqual(await ids({ tag: "outside" }), []);
  assert.equal(await client.catalog.node.services(outside), undefined);
}

/** Take one instance out of service and back in, then the whole node. */
async function maintenance() {
  await client.agent.service.maintenance({ id: first, enable: true, reason: "to be cleaned" });
  assert.equal((await client.agent.check.list())[`_service_maintenance:${first}`].Notes, "to be cleaned");
  await eventually(() => ids({ passing: true }), [second]);
  await client.agent.service.maintenance({ id: first, enable: false });
  await eventually(() => ids({ passing: true }), [first, second]);
  await client.agent.maintenance({ enable: true, reason: "all of it" });
  await eventually(() => ids({ passing: true }), []);
  await client.agent.maintenance(false);
  await eventually(() => ids({ passing: true }), [first, second]);
}

/** Be refused, in the client's own errors. */
async function refusal() {
  const { service, check } = client.agent;
  await refused(service.register({ name: "x", check: { ttl: "soon" } }), /invalid duration/);
  await refused(client.health.service({ service: name, index: "soon" }), /Invalid index/);
  await refused(check.pass("service:nobody"), /service:nobody/);
}

/** Deregister both while somebody waits, and find nothing left. */
async function deregister() {
  const [index] = await indexed("health.service", { service: name });
  await client.agent.service.deregister(first);
  const [newer] = await indexed("health.service", { service: name, index, wait: "10s" });
  assert(Number(newer) > Number(index), `${newer} is not above ${index}`);
  await eventually(() => ids(), [second]);
  await client.agent.service.deregister(second);
  await eventually(() => ids(), []);
  const [last] = await indexed("health.service", { service: name });
  assert(Number(last) >= Number(newer), `${last} is below ${newer}`);
  assert(!(first in (await client.agent.service.list())));
  assert(!(`service:${first}` in (await client.agent.check.list())));
}

/** Call a method as the client's own watch does, which is given the headers of the answer too. */
async function indexed(method, options) {
  const names = method.split(".");
  const call = names.pop();
  const endpoint = names.reduce((found, next) => found[next], client);
  const ctx = Object.assign(new EventEmitter(), { includeResponse: true });
  const [response, body] = await endpoint[call]({ ...options, ctx });
  return [response.headers["x-consul-index"], body];
}

/** The client's error has the status for a message; the agent's words are the body of its response. */
async function refused(answer, wording) {
  await assert.rejects(answer, (error) => {
    assert.match(error.response.body, wording);
    return true;
  });
}

function idsOf(entries) {
  return entries.map((entry) => entry.Service.ID).sort();
}

async function ids(narrowed = {}) {
  return idsOf(await client.health.service({ service: name, ...narrowed }));
}

async function statusOf(id) {
  return (await client.health.checks(name)).find((check) => check.CheckID === id)?.Status;
}

/** Read again until it is as expected: an agent tells its catalog of a change a little later. */
async function eventually(read, expected) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    try {
      assert.deepEqual(await read(), expected);
      return;
    } catch (error) {
      if (!(error instanceof assert.AssertionError) || Date.now() > deadline) throw error;
    }
    await sleep(20);
  }
}

async function tell() {
  for (const [step, take] of Object.entries(STEPS)) {
    const begun = Date.now();
    await take();
    console.log(JSON.stringify({ step, seconds: (Date.now() - begun) / 1000 }));
  }
  client.destroy();
}

tell().catch((error) => {
  console.error(error.stack);
  process.exit(1);
});
