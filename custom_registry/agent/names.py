"""The names by which Consul is configured, flags and keys: which mean something here, and which only Consul; tables.

They are those of 1.8.7 and 1.21. What is in neither table is refused, as Consul refuses it.
"""

# ruff: noqa: SIM905 - a name in quotes a line each would hide the tables in their punctuation

from __future__ import annotations

from custom_registry.agent.flags import Flag, Kind

FLAGS = {  # what means something here
    "dev": Flag(Kind.BOOLEAN, help="Indents all JSON; as for the rest, every agent here is as one in dev mode."),
    "node": Flag(Kind.TEXT, "<name>", "The node's name. Default: the machine's."),
    "node-id": Flag(Kind.TEXT, "<uuid>", "The node's id. Default: a random one."),
    "node-meta": Flag(Kind.TEXT, "<key:value>", "Metadata of the node. May be given repeatedly."),
    "datacenter": Flag(Kind.TEXT, "<name>", "The datacenter. Default: dc1."),
    "client": Flag(Kind.TEXT, "<addresses>", "Where to listen, with spaces between several. Default: 127.0.0.1."),
    "bind": Flag(Kind.TEXT, "<address>", "The node's address, unless -advertise says it. Default: 127.0.0.1."),
    "advertise": Flag(Kind.TEXT, "<address>", "The node's address, as clients are told it."),
    "http-port": Flag(Kind.INTEGER, "<port>", "The port to listen on; 0 for a free one. Default: 8500."),
    "server-port": Flag(Kind.INTEGER, "<port>", "Told to clients; nothing listens there. Default: 8300."),
    "serf-lan-port": Flag(Kind.INTEGER, "<port>", "Likewise. Default: 8301."),
    "serf-wan-port": Flag(Kind.INTEGER, "<port>", "Likewise. Default: 8302."),
    "config-file": Flag(Kind.TEXT, "<file>", "A file of Consul's configuration, in JSON. May be given repeatedly."),
    "config-dir": Flag(Kind.TEXT, "<directory>", "All files there that end in .json, in the order of their names."),
    "config-format": Flag(Kind.TEXT, "<format>", "json: read files so whatever their names."),
    "log-level": Flag(Kind.TEXT, "<level>", "trace, debug, info, warn or error. Default: info."),
    "log-json": Flag(Kind.BOOLEAN, help="Write the log as JSON."),
}

OWN_FLAGS = {  # what Consul does not have; each is an environment variable too
    "consul-version": Flag(Kind.TEXT, "<version>", "Whose API is spoken: 1.21 or 1.8. Default: 1.21."),
    "heartbeat-timeout": Flag(Kind.NUMBER, "<seconds>", "The ttl of those who register natively without. Default: 30."),
    "cleanup-interval": Flag(Kind.NUMBER, "<seconds>", "How often such are removed once lapsed. Default: 10."),
    "reap-interval": Flag(
        Kind.NUMBER, "<seconds>", "How often services are looked for that are critical for too long. Default: 30."
    ),
    "shortest-deregister-after": Flag(
        Kind.NUMBER, "<seconds>", "The least time for which a check must be critical for that. Default: 60."
    ),
    "shortest-check-interval": Flag(
        Kind.NUMBER, "<seconds>", "The least time between two runs of an HTTP, TCP or gRPC check. Default: 1."
    ),
    "fast": Flag(Kind.BOOLEAN, help="Answer on the event loop what can be. Default: true; false sends all by Flask."),
}

_OTHER_BOOLEANS = """
    auto-reload-config bootstrap disable-host-node-id disable-keyring-file enable-local-script-checks
    enable-script-checks non-voting-server read-replica rejoin server syslog ui
""".split()

_OTHER_TEXTS = """
    advertise-wan allow-write-http-from alt-domain bootstrap-expect check_output_max_size data-dir default-query-time
    dns-port domain encrypt grpc-port grpc-tls-port hcl https-port join join-wan log-file log-rotate-bytes
    log-rotate-duration log-rotate-max-files max-query-time partition pid-file primary-gateway protocol raft-protocol
    recursor retry-interval retry-interval-wan retry-join retry-join-wan retry-max retry-max-wan segment
    serf-lan-allowed-cidrs serf-lan-bind serf-wan-allowed-cidrs serf-wan-bind ui-content-path ui-dir
""".split()

OTHER_FLAGS = {  # Consul's, and without meaning here
    **dict.fromkeys(_OTHER_BOOLEANS, Flag(Kind.BOOLEAN)),
    **dict.fromkeys(_OTHER_TEXTS, Flag(Kind.TEXT)),
}

VERSION_FLAGS = {
    "consul-version": OWN_FLAGS["consul-version"],
    "format": Flag(Kind.TEXT, "<format>", "pretty or json. Default: pretty."),
}

KEYS_OF_FLAGS = {  # the configuration's keys, where they are called otherwise
    "node": "node_name",
    "node-id": "node_id",
    "node-meta": "node_meta",
    "client": "client_addr",
    "bind": "bind_addr",
    "advertise": "advertise_addr",
    "http-port": "ports.http",
    "server-port": "ports.server",
    "serf-lan-port": "ports.serf_lan",
    "serf-wan-port": "ports.serf_wan",
    "log-level": "log_level",
    "log-json": "log_json",
}

KEYS: dict[str, type] = {  # of the configuration: what means something here, and what it must be
    "addresses.http": str,
    "advertise_addr": str,
    "bind_addr": str,
    "client_addr": str,
    "datacenter": str,
    "leave_on_terminate": bool,
    "log_json": bool,
    "log_level": str,
    "node_id": str,
    "node_meta": dict,
    "node_name": str,
    "ports.http": int,
    "ports.serf_lan": int,
    "ports.serf_wan": int,
    "ports.server": int,
    "skip_leave_on_interrupt": bool,
}

TRUE_ANYWAY = frozenset(  # flags and keys that say what is so here too
    {
        "bootstrap",
        "bootstrap-expect",
        "bootstrap_expect",
        "disable-host-node-id",
        "disable_host_node_id",
        "disable_update_check",
        "disable_anonymous_signature",
        "server",
    }
)

SECTIONS = frozenset({"addresses", "ports"})  # keys whose own keys are told apart

OTHER_KEYS = frozenset(  # Consul's, and without meaning here
    """
    acl acl_agent_master_token acl_agent_token acl_datacenter acl_default_policy acl_disabled_ttl acl_down_policy
    acl_enable_key_list_policy acl_master_token acl_replication_token acl_token acl_ttl addresses.dns addresses.grpc
    addresses.grpc_tls addresses.https advertise_addr_ipv4 advertise_addr_ipv6 advertise_addr_wan
    advertise_addr_wan_ipv4 advertise_addr_wan_ipv6 advertise_reconnect_timeout ae_interval alt_domain audit
    auto_config auto_encrypt auto_reload_config autopilot bootstrap bootstrap_expect ca_file ca_path cache cert_file
    check check_deregister_interval_min check_output_max_size check_reap_interval check_update_interval checks cloud
    config_entries connect data_dir default_intention_policy default_query_time disable_anonymous_signature
    disable_coordinates disable_host_node_id disable_http_unprintable_char_filter disable_keyring_file
    disable_remote_exec disable_update_check discard_check_output discovery_max_stale dns_config domain
    enable_acl_replication enable_agent_tls_for_checks enable_central_service_config enable_debug
    enable_local_script_checks enable_script_checks enable_syslog encrypt encrypt_verify_incoming
    encrypt_verify_outgoing experiments gossip_lan gossip_wan http_config key_file license_path limits locality
    log_file log_rotate_bytes log_rotate_duration log_rotate_max_files max_query_time non_voting_server partition
    peering performance pid_file ports.dns ports.expose_max_port ports.expose_min_port ports.grpc ports.grpc_tls
    ports.https ports.proxy_max_port ports.proxy_min_port ports.sidecar_max_port ports.sidecar_min_port
    primary_datacenter primary_gateways primary_gateways_interval protocol raft_boltdb raft_logstore raft_protocol
    raft_snapshot_interval raft_snapshot_threshold raft_trailing_logs read_replica reconnect_timeout
    reconnect_timeout_wan recursors rejoin_after_leave reporting request_limits retry_interval retry_interval_wan
    retry_join retry_join_wan retry_max retry_max_wan revision rpc segment segments serf_lan serf_lan_allowed_cidrs
    serf_wan serf_wan_allowed_cidrs server server_name server_rejoin_age_max service services session_ttl_min
    snapshot_agent start_join start_join_wan syslog_facility tagged_addresses telemetry tls tls_cipher_suites
    tls_min_version tls_prefer_server_cipher_suites translate_wan_addrs ui ui_config ui_content_path ui_dir
    unix_sockets use_streaming_backend verify_incoming verify_incoming_https verify_incoming_rpc verify_outgoing
    verify_server_hostname version version_prerelease watches xds
    """.split()
)

CLIENT_COMMANDS = frozenset(  # of Consul, which talk to an agent
    """
    acl catalog config connect debug event exec force-leave info intention join keygen keyring kv leave lock login
    logout maint members monitor operator partition namespace peering reload resource rtt services snapshot tls
    troubleshoot validate watch
    """.split()
)
