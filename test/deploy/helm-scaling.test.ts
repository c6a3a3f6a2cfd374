/** What the chart scales actors by, and within which bounds. */
import { describe, expect, test } from "bun:test"
import type { KubernetesObject } from "../../deploy/kubernetes/helm.ts"
import { deployment, namesOf, renderFiles, specOf } from "../support/chart-values.ts"
import { hasHelm } from "../support/helm.ts"
import { objectsOf } from "../support/kubernetes-objects.ts"

const of = await renderFiles("keda", "hpa")

interface Behavior {
  readonly scaleDown: {
    readonly stabilizationWindowSeconds: number
    readonly policies: ReadonlyArray<{ readonly periodSeconds: number }>
  }
}

interface Scaled {
  readonly triggers: ReadonlyArray<{ readonly metadata: Readonly<Record<string, string>> }>
  readonly advanced: { readonly horizontalPodAutoscalerConfig: { readonly behavior: Behavior } }
}

const scaled = (name: string) => specOf(of("keda"), "ScaledObject", name) as Scaled

describe.skipIf(!hasHelm)("backlog: keda", () => {
  test("follows the waiting lines and the age of the oldest, down to none where that was asked for and is safe", () => {
    expect(scaled("spoor-drainer")).toMatchObject({ minReplicaCount: 2, maxReplicaCount: 8 })
    expect(scaled("spoor-bridge")).toMatchObject({
      scaleTargetRef: { name: "spoor-bridge" },
      minReplicaCount: 0,
      maxReplicaCount: 8,
      triggers: [
        {
          metricType: "AverageValue",
          metadata: {
            serverAddress: "http://prometheus.example.svc:9090",
            query: 'sum(spoor_queue_waiting_lines{cluster="a"})',
            threshold: "20000",
            ignoreNullValues: "false"
          }
        },
        {
          metricType: "Value",
          metadata: { query: 'max(spoor_queue_oldest_waiting_age_seconds{cluster="a"})', threshold: "30" }
        }
      ]
    })
    expect(namesOf(of("keda"), "ScaledObject")).toHaveLength(8)
    expect(namesOf(of("keda"), "HorizontalPodAutoscaler")).toEqual(["spoor-gateway"])
  })

  test("scales consumers by the lag of their group, never beyond the partitions", () => {
    expect(scaled("spoor-event-counter")).toMatchObject({ minReplicaCount: 1, maxReplicaCount: 4 })
    expect(scaled("spoor-event-counter").triggers.map(({ metadata }) => metadata.query)).toEqual([
      'sum(spoor_consumer_lag_records{group="spoor-event-counter",cluster="a"})'
    ])
  })

  test("takes a pod away only after the one before had time to drain, whatever the values say", () => {
    const { terminationGracePeriodSeconds = 0 } = deployment(of("keda"), "spoor-drainer").spec.template.spec
    expect(terminationGracePeriodSeconds).toBe(101)
    const kept = objectsOf<KubernetesObject & { readonly spec: Scaled }>(of("keda"), "ScaledObject")
    const own = objectsOf<KubernetesObject & { readonly spec: { readonly behavior: Behavior } }>(
      of("keda"),
      "HorizontalPodAutoscaler"
    )
    const downs = [
      ...kept.map(({ spec }) => spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown),
      ...own.map(({ spec }) => spec.behavior.scaleDown)
    ]
    expect(downs).toHaveLength(9)
    for (const { stabilizationWindowSeconds, policies } of downs) {
      expect(stabilizationWindowSeconds).toBeGreaterThan(terminationGracePeriodSeconds)
      expect(policies).toMatchObject([{ type: "Pods", value: 1 }])
      expect(policies[0]?.periodSeconds).toBeGreaterThan(terminationGracePeriodSeconds)
    }
  })
})

describe.skipIf(!hasHelm)("backlog: hpa", () => {
  test("follows the same figures as external metrics", () => {
    expect(specOf(of("hpa"), "HorizontalPodAutoscaler", "spoor-enricher")).toMatchObject({
      scaleTargetRef: { kind: "Deployment", name: "spoor-enricher" },
      behavior: { scaleDown: { stabilizationWindowSeconds: 300, policies: [{ periodSeconds: 120 }] } },
      metrics: [
        {
          type: "External",
          external: {
            metric: { name: "spoor_queue_waiting_lines" },
            target: { type: "AverageValue", averageValue: "5000" }
          }
        },
        {
          type: "External",
          external: {
            metric: { name: "spoor_queue_oldest_waiting_age_seconds" },
            target: { type: "Value", value: "10" }
          }
        }
      ]
    })
    const lag = {
      name: "spoor_consumer_lag_records",
      selector: { matchLabels: { group: "spoor-timing-stats" } }
    }
    expect(specOf(of("hpa"), "HorizontalPodAutoscaler", "spoor-timing-stats")).toMatchObject({
      maxReplicas: 3,
      metrics: [{ external: { metric: lag, target: { averageValue: "1000" } } }]
    })
  })

  test("the gateway follows its processor time", () => {
    expect(specOf(of("hpa"), "HorizontalPodAutoscaler", "spoor-gateway")).toMatchObject({
      minReplicas: 3,
      maxReplicas: 30,
      metrics: [{ type: "Resource", resource: { name: "cpu", target: { averageUtilization: 70 } } }]
    })
  })

  test("an actor that is not scaled keeps its number, one that is has none", () => {
    expect(namesOf(of("hpa"), "HorizontalPodAutoscaler")).not.toContain("spoor-search-counter")
    expect(deployment(of("hpa"), "spoor-search-counter").spec.replicas).toBe(1)
    expect(deployment(of("hpa"), "spoor-drainer").spec.replicas).toBeUndefined()
    expect(deployment(of("keda"), "spoor-drainer").spec.replicas).toBeUndefined()
  })
})
