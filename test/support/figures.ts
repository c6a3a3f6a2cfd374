/** The figures that a running Spoor shows on its ops port. */
import type { Spoor } from "./spoor.ts"

/** The value of one line of `/metrics`, named as it stands there; 0 when it is not there yet. */
export const figure = async (spoor: Pick<Spoor, "address">, name: string): Promise<number> => {
  const text = await (await fetch(new URL("/metrics", spoor.address("health")))).text()
  const line = text.split("\n").find((one) => one.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1) ?? 0)
}
