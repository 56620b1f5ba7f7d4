// Tells the story through HashiCorp's own client, the Go module github.com/hashicorp/consul/api.
//
//	story URL
//
// A line of JSON follows each step; the first expectation that fails ends the story.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/consul/api/watch"
)

const patience = 10 * time.Second // only ever spent by a story that fails

// story is one agent, seen by one client.
type story struct {
	url                 string
	client              *api.Client
	name, first, second string // the service, and the ids of its instances
	node, version       string // of the agent
}

func main() {
	url := os.Args[1]
	client, err := api.NewClient(&api.Config{Address: url})
	must(err)
	suffix := make([]byte, 4)
	_, err = rand.Read(suffix)
	must(err)
	name := "web-" + hex.EncodeToString(suffix)
	tell(&story{url: url, client: client, name: name, first: name + "-1", second: name + "-2"})
}

func tell(s *story) {
	steps := []struct {
		name string
		take func()
	}{
		{"agent", s.agent},
		{"register", s.register},
		{"heartbeat", s.heartbeat},
		{"discover", s.discover},
		{"filter", s.filter},
		{"watch", s.watch},
		{"lapse", s.lapse},
		{"catalog", s.catalog},
		{"maintenance", s.maintenance},
		{"refusal", s.refusal},
		{"deregister", s.deregister},
	}
	for _, step := range steps {
		begun := time.Now()
		step.take()
		line, err := json.Marshal(map[string]any{"step": step.name, "seconds": time.Since(begun).Seconds()})
		must(err)
		fmt.Println(string(line))
	}
}

// agent learns who answers.
func (s *story) agent() {
	self, err := s.client.Agent().Self()
	must(err)
	s.node = self["Config"]["NodeName"].(string)
	s.version = self["Config"]["Version"].(string)
	equal(self["Config"]["Datacenter"], any("dc1"))
	equal(self["Member"]["Name"], any(s.node))
	name, err := s.client.Agent().NodeName()
	must(err)
	equal(name, s.node)
	members, err := s.client.Agent().Members(false)
	must(err)
	equal(len(members), 1)
	equal(members[0].Name, s.node)
	equal(members[0].Status, int(1)) // alive
	equal(members[0].Tags["role"], "consul")
	leader, err := s.client.Status().Leader()
	must(err)
	peers, err := s.client.Status().Peers()
	must(err)
	equal(peers, []string{leader})
	raft, err := s.client.Operator().RaftGetConfiguration(nil)
	must(err)
	equal(len(raft.Servers), 1)
	equal(raft.Servers[0].Node, s.node)
	equal(raft.Servers[0].Leader, true)
}

// register registers an instance with a TTL check and one without any.
func (s *story) register() {
	must(s.client.Agent().ServiceRegister(&api.AgentServiceRegistration{
		ID:              s.first,
		Name:            s.name,
		Address:         "10.1.0.1",
		Port:            8001,
		Tags:            []string{"primary", "v1"},
		Meta:            map[string]string{"version": "1"},
		Weights:         &api.AgentWeights{Passing: 10, Warning: 2},
		TaggedAddresses: map[string]api.ServiceAddress{"wan": {Address: "198.18.0.1", Port: 80}},
		Check:           &api.AgentServiceCheck{TTL: "30s", Notes: "by its heartbeats"},
	}))
	must(s.client.Agent().ServiceRegister(&api.AgentServiceRegistration{
		ID: s.second, Name: s.name, Address: "10.1.0.2", Port: 8002, Tags: []string{"v2"},
	}))
	services, err := s.client.Agent().Services()
	must(err)
	equal(services[s.first].Service, s.name)
	equal(services[s.first].Tags, []string{"primary", "v1"})
	equal(services[s.first].Meta, map[string]string{"version": "1"})
	equal(services[s.first].Weights, api.AgentWeights{Passing: 10, Warning: 2})
	equal(services[s.first].TaggedAddresses["wan"], api.ServiceAddress{Address: "198.18.0.1", Port: 80})
	equal(services[s.second].Weights, api.AgentWeights{Passing: 1, Warning: 1})
	service, meta, err := s.client.Agent().Service(s.first, nil)
	must(err)
	equal(service.Port, 8001)
	equal(service.ContentHash, meta.LastContentHash)
	checks, err := s.client.Agent().Checks()
	must(err)
	check := checks["service:"+s.first]
	equal([]string{check.Status, check.ServiceName, check.Notes}, []string{"critical", s.name, "by its heartbeats"})
	s.eventuallyFound(false, s.first, s.second)
}

// heartbeat reports each state, and sees it in the agent at once and in the catalog a little later.
func (s *story) heartbeat() {
	agent, id := s.client.Agent(), "service:"+s.first
	reports := []struct {
		report func() error
		status string
		found  []string
	}{
		{func() error { return agent.PassTTL(id, "it is passing") }, "passing", []string{s.first, s.second}},
		{func() error { return agent.WarnTTL(id, "it is warning") }, "warning", []string{s.second}},
		{func() error { return agent.FailTTL(id, "it is critical") }, "critical", []string{s.second}},
		{func() error { return agent.UpdateTTL(id, "it is warning", "warn") }, "warning", []string{s.second}},
		{func() error { return agent.UpdateTTL(id, "it is passing", "pass") }, "passing", []string{s.first, s.second}},
	}
	for _, step := range reports {
		must(step.report())
		checks, err := agent.Checks()
		must(err)
		equal([]string{checks[id].Status, checks[id].Output}, []string{step.status, "it is " + step.status})
		aggregated, info, err := agent.AgentHealthServiceByID(s.first)
		must(err)
		equal([]string{aggregated, info.AggregatedStatus, info.Service.ID}, []string{step.status, step.status, s.first})
		worst, all, err := agent.AgentHealthServiceByName(s.name)
		must(err)
		equal(worst, step.status)
		equal(len(all), 2)
		s.eventuallyFound(true, step.found...)
		eventually(func() string { return s.entry(s.first).Checks.AggregatedStatus() }, step.status)
	}
}

// discover finds the instances with all that was registered, by service, tag, node and state.
func (s *story) discover() {
	entry := s.entry(s.first)
	equal(entry.Node.Node, s.node)
	equal(entry.Node.Datacenter, "dc1")
	equal([]any{entry.Service.Service, entry.Service.Address, entry.Service.Port}, []any{s.name, "10.1.0.1", 8001})
	equal(entry.Service.Tags, []string{"primary", "v1"})
	equal(entry.Service.Meta, map[string]string{"version": "1"})
	equal(entry.Service.Weights, api.AgentWeights{Passing: 10, Warning: 2})
	equal(checkIDs(entry.Checks), []string{"serfHealth", "service:" + s.first})

	health := s.client.Health()
	entries, meta, err := health.ServiceMultipleTags(s.name, []string{"primary", "v1"}, true, nil)
	must(err)
	equal(ids(entries), []string{s.first})
	expect(meta.LastIndex > 0 && meta.KnownLeader, "no index, or no leader: %+v", meta)
	entries, _, err = health.Service(s.name, "v3", false, &api.QueryOptions{RequireConsistent: true, Near: "_agent"})
	must(err)
	equal(ids(entries), []string{})
	checks, _, err := health.Checks(s.name, nil)
	must(err)
	equal(checkIDs(checks), []string{"service:" + s.first})
	checks, _, err = health.Node(s.node, nil)
	must(err)
	expect(slices.Contains(checkIDs(checks), "serfHealth"), "no serfHealth in %v", checkIDs(checks))
	checks, _, err = health.State("passing", nil)
	must(err)
	expect(slices.Contains(checkIDs(checks), "service:"+s.first), "not in %v", checkIDs(checks))
	entries, meta, err = health.Service("nobody", "", false, nil)
	must(err)
	equal(len(entries), 0)
	expect(meta.LastIndex > 0, "no index for what does not exist")
}

// filter asks with filters, of the catalog and of the agent.
func (s *story) filter() {
	byFilter := func(filter string) ([]string, error) {
		entries, _, err := s.client.Health().Service(s.name, "", false, &api.QueryOptions{Filter: filter})
		return ids(entries), err
	}
	for filter, expected := range map[string][]string{
		`Service.Meta.version == "1"`: {s.first},
		`("v2" in Service.Tags or Service.Port == 1) and not Service.Meta contains version`: {s.second},
		`Service.Address matches "^10[.]1[.]0[.][12]$"`:                                     {s.first, s.second},
		`Checks.Status == warning`:                                                          {},
	} {
		found, err := byFilter(filter)
		must(err)
		slices.Sort(found)
		equal(found, expected)
	}
	_, err := byFilter("Service.Port ==")
	expect(err != nil && strings.Contains(err.Error(), "boolean expression"), "a bad filter was taken: %v", err)
	services, err := s.client.Agent().ServicesWithFilter(fmt.Sprintf("Service == %q and Port == 8002", s.name))
	must(err)
	expect(len(services) == 1 && services[s.second] != nil, "not one: %v", services)
	checks, err := s.client.Agent().ChecksWithFilter(fmt.Sprintf("ServiceName == %q", s.name))
	must(err)
	equal(len(checks), 1)
}

// watch waits for a change: it wakes, another service's does not, and the index never goes back.
func (s *story) watch() {
	health := s.client.Health()
	_, meta, err := health.Service(s.name, "", false, nil)
	must(err)
	begun := time.Now()
	entries, unchanged, err := health.Service(
		s.name, "", false, &api.QueryOptions{WaitIndex: meta.LastIndex, WaitTime: 200 * time.Millisecond})
	must(err)
	equal(unchanged.LastIndex, meta.LastIndex)
	equal(len(entries), 2)
	expect(time.Since(begun) >= 200*time.Millisecond, "it did not wait")

	plan, err := watch.Parse(map[string]any{"type": "service", "service": s.name, "passingonly": true})
	must(err)
	seen := make(chan []string, 16)
	plan.Handler = func(_ uint64, data any) { seen <- ids(data.([]*api.ServiceEntry)) }
	ended := make(chan error, 1)
	go func() { ended <- plan.Run(s.url) }()
	equal(received(seen), []string{s.first, s.second})

	services, servicesMeta, err := s.client.Catalog().Services(nil)
	must(err)
	expect(services[s.name+"-other"] == nil, "it is there already")
	must(s.client.Agent().ServiceRegister(&api.AgentServiceRegistration{Name: s.name + "-other"}))
	services, _, err = s.client.Catalog().Services(&api.QueryOptions{WaitIndex: servicesMeta.LastIndex, WaitTime: patience})
	must(err)
	expect(services[s.name+"-other"] != nil, "not woken by it: %v", services)
	equal(len(seen), 0)
	must(s.client.Agent().WarnTTL("service:"+s.first, "woken"))
	equal(received(seen), []string{s.second})
	_, newer, err := health.Service(s.name, "", false, &api.QueryOptions{WaitIndex: meta.LastIndex})
	must(err)
	expect(newer.LastIndex > meta.LastIndex, "%d is not above %d", newer.LastIndex, meta.LastIndex)
	must(s.client.Agent().PassTTL("service:"+s.first, ""))
	equal(received(seen), []string{s.first, s.second})
	plan.Stop()
	must(received(ended))
	must(s.client.Agent().ServiceDeregister(s.name + "-other"))
	s.watchByHash()
}

// watchByHash waits for a change of what the agent alone knows, for which there is a hash and no index.
func (s *story) watchByHash() {
	_, meta, err := s.client.Agent().Service(s.second, nil)
	must(err)
	changed := make(chan *api.AgentService, 1)
	go func() {
		service, _, err := s.client.Agent().Service(
			s.second, &api.QueryOptions{WaitHash: meta.LastContentHash, WaitTime: patience})
		must(err)
		changed <- service
	}()
	time.Sleep(100 * time.Millisecond) // so that it waits
	equal(len(changed), 0)
	must(s.client.Agent().ServiceRegister(&api.AgentServiceRegistration{
		ID: s.second, Name: s.name, Address: "10.1.0.2", Port: 8003, Tags: []string{"v2"},
	}))
	equal(received(changed).Port, 8003)
	eventually(func() int { return s.entry(s.second).Service.Port }, 8003)
}

// lapse stops the heartbeats of a check of its own, and is woken by its lapse.
func (s *story) lapse() {
	id := s.name + "-short"
	_, meta, err := s.client.Health().Service(s.name, "", false, nil)
	must(err)
	index := meta.LastIndex
	check := &api.AgentCheckRegistration{ID: id, Name: "short", ServiceID: s.second}
	check.TTL, check.Status = "300ms", "passing"
	must(s.client.Agent().CheckRegister(check))
	for lapsed := false; !lapsed; {
		checks, meta, err := s.client.Health().Checks(s.name, &api.QueryOptions{WaitIndex: index, WaitTime: patience})
		must(err)
		expect(meta.LastIndex > index, "nothing lapses: %+v", checks)
		index = meta.LastIndex
		lapsed = slices.ContainsFunc(checks, func(check *api.HealthCheck) bool {
			return check.CheckID == id && check.Status == "critical" && strings.HasPrefix(check.Output, "TTL expired")
		})
	}
	s.eventuallyFound(true, s.first)
	must(s.client.Agent().CheckDeregister(id))
	s.eventuallyFound(true, s.first, s.second)
}

// catalog lists what the catalog has, and writes a node of our own into it.
func (s *story) catalog() {
	catalog, outside := s.client.Catalog(), s.name+"-outside"
	datacenters, err := catalog.Datacenters()
	must(err)
	equal(datacenters, []string{"dc1"})
	services, _, err := catalog.Services(&api.QueryOptions{AllowStale: true})
	must(err)
	equal(services["consul"], []string{})
	tags := services[s.name]
	slices.Sort(tags)
	equal(tags, []string{"primary", "v1", "v2"})
	found, _, err := catalog.Service(s.name, "primary", nil)
	must(err)
	equal(len(found), 1)
	equal([]any{found[0].ServiceID, found[0].ServiceAddress, found[0].ServicePort}, []any{s.first, "10.1.0.1", 8001})
	equal(found[0].ServiceWeights, api.Weights{Passing: 10, Warning: 2})
	node, _, err := catalog.Node(s.node, nil)
	must(err)
	equal(node.Services[s.second].Service, s.name)

	_, err = catalog.Register(&api.CatalogRegistration{
		Node:     outside,
		Address:  "10.9.0.1",
		NodeMeta: map[string]string{"outside": s.name},
		Service:  &api.AgentService{ID: outside, Service: s.name, Address: "10.9.0.1", Port: 9, Tags: []string{"outside"}},
	}, nil)
	must(err)
	nodes, _, err := catalog.Nodes(&api.QueryOptions{NodeMeta: map[string]string{"outside": s.name}})
	must(err)
	equal(len(nodes), 1)
	equal([]string{nodes[0].Node, nodes[0].Address}, []string{outside, "10.9.0.1"})
	list, _, err := catalog.NodeServiceList(outside, nil)
	must(err)
	equal(len(list.Services), 1)
	equal(list.Services[0].ID, outside)
	entries, _, err := s.client.Health().Service(s.name, "outside", true, nil)
	must(err)
	equal(ids(entries), []string{outside})
	s.checkOutside(outside)
	_, err = catalog.Deregister(&api.CatalogDeregistration{Node: outside}, nil)
	must(err)
	node, _, err = catalog.Node(outside, nil)
	must(err)
	expect(node == nil, "it is still there: %+v", node)
}

// checkOutside writes a check of the node into the catalog; this client sends a field that 1.8 does not know.
func (s *story) checkOutside(node string) {
	_, err := s.client.Catalog().Register(&api.CatalogRegistration{
		Node:           node,
		SkipNodeUpdate: true,
		Check:          &api.AgentCheck{Node: node, CheckID: node, Name: "looked at", Status: "warning", ServiceID: node},
	}, nil)
	if strings.HasPrefix(s.version, "1.8.") {
		expect(err != nil && strings.Contains(err.Error(), `unknown field "ExposedPort"`), "1.8 took it: %v", err)
		return
	}
	must(err)
	checks, _, err := s.client.Health().Node(node, nil)
	must(err)
	equal(checkIDs(checks), []string{node})
	equal(checks[0].Status, "warning")
	entries, _, err := s.client.Health().Service(s.name, "outside", true, nil)
	must(err)
	equal(ids(entries), []string{})
}

// maintenance takes one instance out of service and back in, then the whole node.
func (s *story) maintenance() {
	agent := s.client.Agent()
	must(agent.EnableServiceMaintenance(s.first, "to be cleaned"))
	checks, err := agent.Checks()
	must(err)
	equal(checks["_service_maintenance:"+s.first].Notes, "to be cleaned")
	eventually(func() string { return s.entry(s.first).Checks.AggregatedStatus() }, api.HealthMaint)
	s.eventuallyFound(true, s.second)
	must(agent.DisableServiceMaintenance(s.first))
	s.eventuallyFound(true, s.first, s.second)
	must(agent.EnableNodeMaintenance("all of it"))
	s.eventuallyFound(true)
	must(agent.DisableNodeMaintenance())
	s.eventuallyFound(true, s.first, s.second)
}

// refusal is refused, in the client's own errors.
func (s *story) refusal() {
	agent := s.client.Agent()
	nameless := agent.ServiceRegister(&api.AgentServiceRegistration{})
	badTTL := agent.ServiceRegister(&api.AgentServiceRegistration{Name: "x", Check: &api.AgentServiceCheck{TTL: "soon"}})
	_, withoutNode := s.client.Catalog().Register(&api.CatalogRegistration{Address: "10.9.0.1"}, nil)
	unknown := agent.PassTTL("service:nobody", "")
	for wording, err := range map[string]error{
		"Missing service name": nameless,
		"invalid duration":     badTTL,
		"Must provide node":    withoutNode,
		"service:nobody":       unknown,
	} {
		var status api.StatusError
		expect(errors.As(err, &status) && strings.Contains(status.Body, wording), "%q is not in %v", wording, err)
	}
	status, info, err := agent.AgentHealthServiceByID("nobody")
	must(err)
	expect(status == "critical" && info == nil, "nobody is %s: %v", status, info)
}

// deregister deregisters both while somebody waits, and finds nothing left.
func (s *story) deregister() {
	health := s.client.Health()
	_, meta, err := health.Service(s.name, "", false, nil)
	must(err)
	must(s.client.Agent().ServiceDeregister(s.first))
	_, newer, err := health.Service(s.name, "", false, &api.QueryOptions{WaitIndex: meta.LastIndex, WaitTime: patience})
	must(err)
	expect(newer.LastIndex > meta.LastIndex, "%d is not above %d", newer.LastIndex, meta.LastIndex)
	s.eventuallyFound(false, s.second)
	must(s.client.Agent().ServiceDeregister(s.second))
	s.eventuallyFound(false)
	_, last, err := health.Service(s.name, "", false, nil)
	must(err)
	expect(last.LastIndex >= newer.LastIndex, "%d is below %d", last.LastIndex, newer.LastIndex)
	services, err := s.client.Agent().Services()
	must(err)
	expect(services[s.first] == nil && services[s.second] == nil, "still there: %v", services)
	checks, err := s.client.Agent().Checks()
	must(err)
	expect(checks["service:"+s.first] == nil, "its check is still there")
}

func (s *story) entry(id string) *api.ServiceEntry {
	entries, _, err := s.client.Health().Service(s.name, "", false, nil)
	must(err)
	for _, entry := range entries {
		if entry.Service.ID == id {
			return entry
		}
	}
	return &api.ServiceEntry{Service: &api.AgentService{}}
}

// eventuallyFound reads again until just these are found: an agent tells its catalog of a change a little later.
func (s *story) eventuallyFound(passing bool, expected ...string) {
	eventually(func() []string {
		entries, _, err := s.client.Health().Service(s.name, "", passing, nil)
		must(err)
		return ids(entries)
	}, append([]string{}, expected...))
}

func ids(entries []*api.ServiceEntry) []string {
	found := []string{}
	for _, entry := range entries {
		found = append(found, entry.Service.ID)
	}
	slices.Sort(found)
	return found
}

func checkIDs(checks api.HealthChecks) []string {
	found := []string{}
	for _, check := range checks {
		found = append(found, check.CheckID)
	}
	slices.Sort(found)
	return found
}

func received[T any](channel <-chan T) T {
	select {
	case value := <-channel:
		return value
	case <-time.After(patience):
		fail("nothing came within %s", patience)
		panic("unreachable")
	}
}

func eventually[T any](read func() T, expected T) {
	deadline := time.Now().Add(patience)
	for {
		found := read()
		if reflect.DeepEqual(found, expected) {
			return
		}
		if time.Now().After(deadline) {
			fail("%#v is not %#v", found, expected)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func equal[T any](found, expected T) {
	expect(reflect.DeepEqual(found, expected), "%#v is not %#v", found, expected)
}

func must(err error) {
	expect(err == nil, "%v", err)
}

func expect(holds bool, message string, values ...any) {
	if !holds {
		fail(message, values...)
	}
}

// fail says what failed and from where it was called, and ends the story.
func fail(message string, values ...any) {
	fmt.Fprintf(os.Stderr, message+"\n", values...)
	callers := make([]uintptr, 16)
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers)])
	for frame, more := frames.Next(); more; frame, more = frames.Next() {
		fmt.Fprintf(os.Stderr, "  %s:%d %s\n", frame.File, frame.Line, frame.Function)
	}
	os.Exit(1)
}
