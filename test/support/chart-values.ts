/** The chart rendered with the files of test/deploy/values, and what tests ask of a rendering. */
import { join } from "node:path"
import type { KubernetesObject, Rendering } from "../../deploy/kubernetes/helm.ts"
import { renderAll } from "./helm.ts"
import { type Container, containersOf, objectOf, objectsOf, type Workload } from "./kubernetes-objects.ts"

const folder = join(import.meta.dirname, "..", "deploy", "values")

/** Renders these files, by name without their ending. What is returned gives one of them; it throws without Helm. */
export const renderFiles = async <const Name extends string>(
  ...names: ReadonlyArray<Name>
): Promise<(name: Name) => Rendering> => {
  const rendered = await renderAll(names.map((name) => ({ file: join(folder, `${name}.yaml`) })))
  return (name) => {
    const found = rendered[names.indexOf(name)]
    if (found === undefined || found.error !== null) throw new Error(found?.error ?? "There is no Helm.")
    return found
  }
}

/** The `spec` of the object of that kind and name. */
export const specOf = (rendering: Rendering, kind: string, name: string): object =>
  objectOf<KubernetesObject & { readonly spec: object }>(rendering, kind, name).spec

/** The texts of a ConfigMap, or of a Secret that the chart made. */
export const textsOf = (
  rendering: Rendering,
  kind: string,
  name: string
): Readonly<Record<string, string>> => {
  type Texts = Readonly<Record<string, string>>
  const { data, stringData } = objectOf<
    KubernetesObject & { readonly data?: Texts; readonly stringData?: Texts }
  >(rendering, kind, name)
  return data ?? stringData ?? {}
}

export const namesOf = (rendering: Rendering, kind: string): ReadonlyArray<string> =>
  objectsOf(rendering, kind)
    .map(({ metadata }) => metadata.name)
    .toSorted()

export const deployment = (rendering: Rendering, name: string): Workload =>
  objectOf<Workload>(rendering, "Deployment", name)

/** The container of that name. Throws when there is none. */
export const containerNamed = (workload: Workload, name: string): Container => {
  const found = containersOf(workload).find((one) => one.name === name)
  if (found === undefined) throw new Error(`There is no container ${name}.`)
  return found
}
