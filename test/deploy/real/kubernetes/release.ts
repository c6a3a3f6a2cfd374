/** The chart as a release of Helm on the test's cluster. Each call runs one Python process, which ends with it. */
import { join } from "node:path"
import { chart } from "../../../../deploy/kubernetes/helm.ts"
import { type Api, output } from "./api.ts"

/** Values of the chart: a file, values over it, or both. */
export interface Values {
  readonly file?: string
  readonly values?: object
}

export interface Revision {
  readonly revision: number
  readonly status: string
}

export interface Release {
  readonly namespace: string
  /** Each resolves with the history when everything is ready, and rejects with Helm's error. */
  readonly install: (values: Values) => Promise<ReadonlyArray<Revision>>
  readonly upgrade: (values: Values) => Promise<ReadonlyArray<Revision>>
  /** To the revision before. */
  readonly rollback: () => Promise<ReadonlyArray<Revision>>
  readonly uninstall: () => Promise<ReadonlyArray<Revision>>
}

/** A release named spoor in that namespace, which must exist. `python` has Helm's library (deploy/kubernetes/helm.ts). */
export const releaseIn = (api: Api, python: string, namespace: string, seconds = 180): Release => {
  const run = async (action: string, { file, values }: Values = {}): Promise<ReadonlyArray<Revision>> => {
    const request = { kubeconfig: api.kubeconfig, namespace, action, chart, file, values, seconds }
    const text = await output(
      python,
      [join(import.meta.dirname, "release.py")],
      JSON.stringify(request),
      seconds + 60
    )
    const { error, revisions } = JSON.parse(text) as {
      readonly error: string | null
      readonly revisions: ReadonlyArray<Revision>
    }
    if (error !== null) throw new Error(`helm ${action} in ${namespace}: ${error}`)
    return revisions
  }
  return {
    namespace,
    install: (values) => run("install", values),
    upgrade: (values) => run("upgrade", values),
    rollback: () => run("rollback"),
    uninstall: () => run("uninstall")
  }
}
