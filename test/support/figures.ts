/** Metrics of a running Spoor, from its ops port. */
import type { Spoor } from "./spoor.ts"

/** The value of one series of `/metrics`, by its name with labels; 0 while the series does not exist. */
export const figure = async (spoor: Pick<Spoor, "address">, name: string): Promise<number> => {
  const text = await (await fetch(new URL("/metrics", spoor.address("health")))).text()
  const line = text.split("\n").find((one) => one.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1) ?? 0)
}
