/** How the chart fits into a cluster: external servers, Ingress, Gateway API, Prometheus, rules for pods. */
import { describe, expect, test } from "bun:test"
import { containerNamed, deployment, namesOf, renderFiles, specOf, textsOf } from "../support/chart-values.ts"
import { hasHelm } from "../support/helm.ts"
import {
  type Container,
  envOf,
  type NetworkPolicy,
  objectOf,
  secretFilesOf,
  spoorWorkloads,
  type Workload
} from "../support/kubernetes-objects.ts"

const of = await renderFiles("byo-tls", "ingress", "gateway-api", "bundled", "hardened")

describe.skipIf(!hasHelm)("external servers", () => {
  const container = (name: string): Container =>
    containerNamed(deployment(of("byo-tls"), `spoor-${name}`), name)

  test("the chart brings no server and no Secret", () => {
    expect(namesOf(of("byo-tls"), "StatefulSet")).toEqual([])
    expect(namesOf(of("byo-tls"), "Secret")).toEqual([])
    const { imagePullSecrets } = deployment(of("byo-tls"), "spoor-drainer").spec.template.spec
    expect(imagePullSecrets).toEqual([{ name: "registry" }])
    const image = `registry.example.com/spoor@sha256:${"0".repeat(64)}`
    expect(container("drainer")).toMatchObject({ image, command: ["spoor"], args: ["actor", "drainer"] })
  })

  test("every login comes from the Secret that is named for it, each actor's its own", () => {
    const files = (name: string) => secretFilesOf(deployment(of("byo-tls"), `spoor-${name}`), container(name))
    expect(files("event-counter")).toEqual({
      KAFKA_PASSWORD: "kafka-consumer/password",
      KAFKA_USERNAME: "spoor-external/kafka-username-consumer",
      PROJECTIONS_URL: "projections/url"
    })
    expect(files("gateway")).toEqual({
      LINKS_TOKEN: "spoor-external/links-token",
      REDIS_URL: "spoor-external/redis-url-gateway",
      WRITE_KEYS: "spoor-external/write-keys"
    })
  })

  test("TLS to all three, the company's authority, a credentials file, HTTPS at the gateway", () => {
    expect(envOf(container("bridge"))).toMatchObject({
      KAFKA_BROKERS: "kafka-1.example.com:9093,kafka-2.example.com:9093",
      KAFKA_SSL: "true",
      KAFKA_SASL_MECHANISM: "scram-sha-512",
      KAFKA_TOPICS: "clicks,orders",
      NATS_URL: "tls://nats.example.com:4222",
      NATS_CREDS: "/etc/spoor/nats/user.creds",
      NODE_EXTRA_CA_CERTS: "/etc/spoor/trust/ca.crt",
      LOG_LEVEL: "Debug"
    })
    const { volumes = [] } = deployment(of("byo-tls"), "spoor-bridge").spec.template.spec
    const volume = (name: string) => volumes.find((one) => one.name === name)
    expect(volume("nats-credentials")?.secret?.secretName).toBe("nats-bridge")
    expect(volume("trust")?.projected?.sources[0]?.secret).toEqual({
      name: "company-ca",
      items: [{ key: "ca.pem", path: "ca.crt" }]
    })
    expect(volume("tls")).toBeUndefined()
    expect(envOf(container("gateway"))).toMatchObject({
      TLS_CERT: "/etc/spoor/tls/tls.crt",
      TLS_KEY: "/etc/spoor/tls/tls.key"
    })
    expect(envOf(container("viewer")).GATEWAY_URL).toBe("https://spoor-gateway:5222")
  })

  test("topics are made by the admin of the file, with their settings", () => {
    const job = containerNamed(objectOf<Workload>(of("byo-tls"), "Job", "spoor-topics"), "topics")
    expect(job.args).toEqual(["topics", "events", "clicks", "orders"])
    expect(job.command?.at(-1)).toContain("--command-config /etc/kafka-client/client.properties")
    expect(job.command?.at(-1)).toContain("--config retention.ms=604800000")
  })

  test("actors are let out to those servers alone", () => {
    const { egress } = objectOf<NetworkPolicy>(of("byo-tls"), "NetworkPolicy", "spoor-bridge").spec
    expect(egress?.slice(1)).toEqual([
      { ports: [{ protocol: "TCP", port: 4222 }], to: [{ ipBlock: { cidr: "192.0.2.0/24" } }] },
      { ports: [{ protocol: "TCP", port: 9093 }], to: [{ ipBlock: { cidr: "198.51.100.0/24" } }] }
    ])
  })
})

describe.skipIf(!hasHelm)("exposure", () => {
  const letIn = (name: string, port: number) =>
    objectOf<NetworkPolicy>(of("ingress"), "NetworkPolicy", name).spec.ingress?.find(
      ({ ports }) => ports?.[0]?.port === port
    )?.from

  test("Ingress: a host for events and another for the viewer, each with its certificate", () => {
    for (const [name, issuer] of [
      ["spoor-gateway", "letsencrypt"],
      ["spoor-viewer", "internal"]
    ] as const)
      expect(objectOf(of("ingress"), "Ingress", name).metadata.annotations).toEqual({
        "cert-manager.io/cluster-issuer": issuer
      })
    expect(specOf(of("ingress"), "Ingress", "spoor-gateway")).toMatchObject({
      ingressClassName: "nginx",
      tls: [{ secretName: "spoor-gateway-tls", hosts: ["track.example.com", "t.example.org"] }],
      rules: [{ host: "track.example.com" }, { host: "t.example.org" }]
    })
    expect(specOf(of("ingress"), "Ingress", "spoor-viewer")).toMatchObject({
      ingressClassName: "internal",
      tls: [{ secretName: "spoor-viewer-tls", hosts: ["spoor.internal.example.com"] }]
    })
    expect(letIn("spoor-viewer", 5031)).toHaveLength(1)
    expect(letIn("spoor-gateway", 5222)).toHaveLength(2)
  })

  test("Gateway API: an HTTPS listener for each host, routes by the chart's Gateway or one's own", () => {
    expect(objectOf(of("gateway-api"), "Gateway", "spoor").metadata.annotations).toEqual({
      "cert-manager.io/cluster-issuer": "letsencrypt"
    })
    const certificate = (name: string) => ({ mode: "Terminate", certificateRefs: [{ name }] })
    expect(specOf(of("gateway-api"), "Gateway", "spoor")).toMatchObject({
      gatewayClassName: "cilium",
      listeners: [
        { hostname: "track.example.com", port: 443, tls: certificate("tls-track.example.com") },
        { hostname: "*.track.example.com", port: 443, tls: certificate("tls-any.track.example.com") }
      ]
    })
    expect(specOf(of("gateway-api"), "HTTPRoute", "spoor-gateway")).toMatchObject({
      parentRefs: [
        { name: "spoor", sectionName: "gateway-0" },
        { name: "spoor", sectionName: "gateway-1" }
      ],
      rules: [{ backendRefs: [{ name: "spoor-gateway", port: 5222 }] }]
    })
    expect(specOf(of("gateway-api"), "HTTPRoute", "spoor-viewer")).toMatchObject({
      parentRefs: [{ name: "internal", namespace: "gateways" }],
      rules: [{ backendRefs: [{ name: "spoor-viewer", port: 5031 }] }]
    })
  })
})

describe.skipIf(!hasHelm)("everything bundled", () => {
  test("is named by the given name; three servers of NATS know each other", () => {
    const all = of("bundled")
    expect(all.objects.filter(({ metadata }) => !metadata.name.startsWith("events"))).toEqual([])
    expect(objectOf<Workload>(all, "StatefulSet", "events-nats").spec.replicas).toBe(3)
    const data = textsOf(all, "ConfigMap", "events-nats")
    for (const n of [0, 1, 2])
      expect(data["nats.conf"]).toContain(`nats://events-nats-${n}.events-nats-peers:6222`)
    expect(data["nats.conf"]).toContain("include ./spoor.conf")
    expect(data["spoor.conf"]).toContain("user: drainer")
    expect(namesOf(all, "Job")).toEqual([])
  })

  test("brings monitor, alerts and dashboards with the labels that are asked for", () => {
    const all = of("bundled")
    expect(objectOf(all, "ServiceMonitor", "events").metadata.labels).toMatchObject({ release: "prometheus" })
    expect(specOf(all, "ServiceMonitor", "events")).toMatchObject({
      endpoints: [{ port: "ops", path: "/metrics", interval: "30s" }]
    })
    const { groups } = specOf(all, "PrometheusRule", "events") as { readonly groups: ReadonlyArray<object> }
    expect(groups.at(-1)).toMatchObject({
      name: "own",
      rules: [{ annotations: { summary: "{{ $labels.pod }}" } }]
    })
    const board = objectOf(all, "ConfigMap", "events-dashboard-own")
    expect(board.metadata.labels).toMatchObject({ grafana_dashboard: "1" })
    expect(textsOf(all, "ConfigMap", "events-dashboard-own")).toEqual({ "own.json": '{"title":"Own"}' })
  })
})

describe.skipIf(!hasHelm)("rules for pods", () => {
  test("reach every pod of Spoor", () => {
    const all = of("hardened")
    expect(namesOf(all, "ServiceAccount")).toEqual([])
    expect(namesOf(all, "Secret")).toEqual([])
    for (const { spec } of spoorWorkloads(all)) {
      const { metadata, spec: pod } = spec.template
      expect(metadata.labels).toMatchObject({ team: "events" })
      expect(metadata.annotations).toMatchObject({ "example.com/audit": "true" })
      expect(pod).toMatchObject({
        serviceAccountName: "locked-down",
        priorityClassName: "high",
        nodeSelector: { "kubernetes.io/os": "linux" },
        tolerations: [{ key: "dedicated" }],
        topologySpreadConstraints: [
          { whenUnsatisfiable: "DoNotSchedule" },
          { whenUnsatisfiable: "DoNotSchedule" }
        ]
      })
      for (const container of pod.containers)
        expect(envOf(container)).toMatchObject({ GEOIP_DB: "/geoip/city.mmdb", ADDRESS_MASK: "24/48" })
    }
  })

  test("settings and annotations of one actor are its alone", () => {
    const gateway = deployment(of("hardened"), "spoor-gateway")
    expect(envOf(containerNamed(gateway, "gateway")).GATEWAY_MAX_CONNECTIONS).toBe("20000")
    expect(gateway.spec.template.metadata.annotations).toMatchObject({ "example.com/edge": "true" })
    const bridge = containerNamed(deployment(of("hardened"), "spoor-bridge"), "bridge")
    expect(envOf(bridge)).not.toHaveProperty("GATEWAY_MAX_CONNECTIONS")
  })

  test("nobody reads figures where nobody may, and actors reach the telemetry that is named", () => {
    const { spec } = objectOf<NetworkPolicy>(of("hardened"), "NetworkPolicy", "spoor-drainer")
    expect(spec.ingress ?? []).toEqual([])
    expect(spec.egress?.at(-1)?.ports).toEqual([{ protocol: "TCP", port: 4318 }])
  })
})
