package main

import (
	"testing"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/consul/sdk/testutil"
	"github.com/hashicorp/consul/sdk/testutil/retry"
)

// HashiCorp's own helper starts whatever `consul` is on PATH, for the tests of everybody who writes Go.
func TestTheHelperOfHashiCorpsTestsIsContent(t *testing.T) {
	var server *testutil.TestServer
	retry.RunWith(retry.ThreeTimes(), t, func(r *retry.R) { // as those tests do: it gives up after two seconds
		var err error
		server, err = testutil.NewTestServerConfigT(r, func(config *testutil.TestServerConfig) {
			config.Peering = nil // which 1.8 does not know
			config.NodeMeta = map[string]string{"color": "blue"}
		})
		if err != nil {
			r.Fatal(err)
		}
	})
	defer server.Stop() // its exit code is 1, after an interrupt too: with Consul as with us
	server.WaitForLeader(t)
	server.WaitForSerfCheck(t)
	server.AddAddressableService(t, "web", testutil.HealthPassing, "10.1.0.1", 8001, []string{"v1"})

	client, err := api.NewClient(&api.Config{Address: server.HTTPAddr})
	must(err)
	self, err := client.Agent().Self()
	must(err)
	equal(self["Config"]["NodeName"], any(server.Config.NodeName))
	equal(self["Config"]["NodeID"], any(server.Config.NodeID))
	nodes, _, err := client.Catalog().Nodes(&api.QueryOptions{NodeMeta: map[string]string{"color": "blue"}})
	must(err)
	equal(len(nodes), 1)
	equal(nodes[0].ID, server.Config.NodeID)
	eventually(func() []string {
		entries, _, err := client.Health().Service("web", "v1", true, nil)
		must(err)
		return ids(entries)
	}, []string{"web"})
}
