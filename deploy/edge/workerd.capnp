# The gateway's Worker in workerd, with the settings of the environment: for trying it, and for a server of your own.
# `npm run worker` copies this file beside the bundle. The Durable Objects are in the folder .data/edge, which must exist.
#
#   npx workerd serve dist/edge/workerd.capnp
#   npx workerd serve --socket-addr http=0.0.0.0:80 --directory-path objects=/var/lib/spoor-edge dist/edge/workerd.capnp
#
# workerd does not write CF-Connecting-IP: clients could choose their address. Put a proxy in front of it that writes a
# header with the client's address, and name the header in EDGE_ADDRESS_HEADER.

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "gateway", worker = .gateway),
    # What the Worker may connect to: the centre may be in a private network.
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
    (name = "objects", disk = (path = ".data/edge", writable = true))
  ],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "gateway")]
);

const gateway :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  # From 2026-08-04 on workerd has Node's buffer, crypto, net and zlib without a flag.
  compatibilityDate = "2026-11-01",
  durableObjectNamespaces = [(className = "EdgeQueue", uniqueKey = "spoor-edge", enableSql = true)],
  durableObjectStorage = (localDisk = "objects"),
  bindings = [
    (name = "EDGE_QUEUE", durableObjectNamespace = "EdgeQueue"),
    (name = "ADDRESS_HEADERS", fromEnvironment = "ADDRESS_HEADERS"),
    (name = "ADDRESS_MASK", fromEnvironment = "ADDRESS_MASK"),
    (name = "ANONYMOUS_HEADER", fromEnvironment = "ANONYMOUS_HEADER"),
    (name = "BUS_SECRET", fromEnvironment = "BUS_SECRET"),
    (name = "CORS_CREDENTIALS", fromEnvironment = "CORS_CREDENTIALS"),
    (name = "CORS_ORIGINS", fromEnvironment = "CORS_ORIGINS"),
    (name = "EDGE_ACK", fromEnvironment = "EDGE_ACK"),
    (name = "EDGE_ADDRESS_HEADER", fromEnvironment = "EDGE_ADDRESS_HEADER"),
    (name = "EDGE_CENTRE", fromEnvironment = "EDGE_CENTRE"),
    (name = "EDGE_LINKS_URL", fromEnvironment = "EDGE_LINKS_URL"),
    (name = "EDGE_MAX_BYTES", fromEnvironment = "EDGE_MAX_BYTES"),
    (name = "EDGE_PUSH_TIMEOUT", fromEnvironment = "EDGE_PUSH_TIMEOUT"),
    (name = "EDGE_SECRET", fromEnvironment = "EDGE_SECRET"),
    (name = "EDGE_SHARDS", fromEnvironment = "EDGE_SHARDS"),
    (name = "EVENT_ID_PARAM", fromEnvironment = "EVENT_ID_PARAM"),
    (name = "GATEWAY_BODY_TIMEOUT", fromEnvironment = "GATEWAY_BODY_TIMEOUT"),
    (name = "GATEWAY_MAX_BATCH", fromEnvironment = "GATEWAY_MAX_BATCH"),
    (name = "GATEWAY_MAX_BODY", fromEnvironment = "GATEWAY_MAX_BODY"),
    (name = "GATEWAY_MAX_BODY_BYTES", fromEnvironment = "GATEWAY_MAX_BODY_BYTES"),
    (name = "GATEWAY_MAX_CONNECTIONS", fromEnvironment = "GATEWAY_MAX_CONNECTIONS"),
    (name = "GATEWAY_MAX_INFLATED", fromEnvironment = "GATEWAY_MAX_INFLATED"),
    (name = "GATEWAY_MAX_PER_ADDRESS", fromEnvironment = "GATEWAY_MAX_PER_ADDRESS"),
    (name = "GATEWAY_METRICS", fromEnvironment = "GATEWAY_METRICS"),
    (name = "GATEWAY_PIPELINING", fromEnvironment = "GATEWAY_PIPELINING"),
    (name = "KAFKA_TOPIC", fromEnvironment = "KAFKA_TOPIC"),
    (name = "KAFKA_TOPICS", fromEnvironment = "KAFKA_TOPICS"),
    (name = "LINKS_DIALECT", fromEnvironment = "LINKS_DIALECT"),
    (name = "LINKS_SECRET", fromEnvironment = "LINKS_SECRET"),
    (name = "LINKS_TOKEN", fromEnvironment = "LINKS_TOKEN"),
    (name = "LINK_SCHEMES", fromEnvironment = "LINK_SCHEMES"),
    (name = "NATS_CREDS", fromEnvironment = "NATS_CREDS"),
    (name = "NATS_INBOX_PREFIX", fromEnvironment = "NATS_INBOX_PREFIX"),
    (name = "NATS_NKEY", fromEnvironment = "NATS_NKEY"),
    (name = "NATS_URL", fromEnvironment = "NATS_URL"),
    (name = "NOT_FOUND_URL", fromEnvironment = "NOT_FOUND_URL"),
    (name = "POD_NAME", fromEnvironment = "POD_NAME"),
    (name = "PRIVACY_SIGNALS", fromEnvironment = "PRIVACY_SIGNALS"),
    (name = "RATE_LIMIT_PER_ADDRESS", fromEnvironment = "RATE_LIMIT_PER_ADDRESS"),
    (name = "RATE_LIMIT_PER_KEY", fromEnvironment = "RATE_LIMIT_PER_KEY"),
    (name = "RATE_LIMIT_SHARED", fromEnvironment = "RATE_LIMIT_SHARED"),
    (name = "TLS_CERT", fromEnvironment = "TLS_CERT"),
    (name = "TLS_KEY", fromEnvironment = "TLS_KEY"),
    (name = "TOPIC_FROM_HOST", fromEnvironment = "TOPIC_FROM_HOST"),
    (name = "TRACE_PARAM", fromEnvironment = "TRACE_PARAM"),
    (name = "TRUSTED_PROXIES", fromEnvironment = "TRUSTED_PROXIES"),
    (name = "VISITOR_ID", fromEnvironment = "VISITOR_ID"),
    (name = "WRITE_KEYS", fromEnvironment = "WRITE_KEYS")
  ]
);
