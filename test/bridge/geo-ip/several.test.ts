/** Several GeoIP databases together: the fields of each, their precedence, and a replaced file. */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { rename, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Effect, Layer, Logger } from "effect"
import { layer, layerFiles } from "../../../bridge/geo-ip/layer.ts"
import { GeoIp } from "../../../bridge/geo-ip/service.ts"
import { Failure } from "../../../contracts/failure.ts"
import { eventually } from "../../support/eventually.ts"
import { type GeoRecord, geoDatabase, halfGeoDatabase } from "../../support/geo-database.ts"

const folder = mkdtempSync(join(tmpdir(), "spoor-geo-"))
afterAll(() => rmSync(folder, { recursive: true }))

let made = 0
const fileOf = async (bytes: Uint8Array): Promise<string> => {
  const file = join(folder, `${made++}.mmdb`)
  await writeFile(file, bytes)
  return file
}

const settings = (files: ReadonlyArray<string>) =>
  layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ GEOIP_DB: files.join(" , ") }))))

const use = <A>(from: typeof layer, f: (geo: GeoIp["Service"]) => A | Promise<A>): Promise<A> =>
  Effect.runPromise(
    GeoIp.use((geo) => Effect.promise(async () => f(geo))).pipe(Effect.provide(from), Effect.orDie)
  )

const withFiles = async <A>(databases: ReadonlyArray<Uint8Array>, f: (geo: GeoIp["Service"]) => A) =>
  use(settings(await Promise.all(databases.map(fileOf))), f)

const munich: GeoRecord = {
  country: { iso_code: "DE", is_in_european_union: true },
  city: { names: { en: "Munich" } },
  location: { latitude: 48.1, longitude: 11.6, accuracy_radius: 20, time_zone: "Europe/Berlin" },
  postal: { code: "80331" },
  subdivisions: [{ iso_code: "BY" }]
}
const cities = geoDatabase("GeoIP2-City", munich)
const countries = geoDatabase("GeoLite2-Country", { country: { iso_code: "DE" } })
const numbers = geoDatabase("GeoLite2-ASN", {
  autonomous_system_number: 4_200_000_001,
  autonomous_system_organization: "Example Transit"
})
const providers = geoDatabase("GeoIP2-ISP", {
  autonomous_system_number: 3320,
  autonomous_system_organization: "Example Telecom",
  isp: "Example Broadband",
  organization: "Example GmbH"
})
const anonymous = geoDatabase("GeoIP2-Anonymous-IP", { is_anonymous: true, is_tor_exit_node: true })
const connections = geoDatabase("GeoIP2-Connection-Type", { connection_type: "Cellular" })

const germany = { country: "DE", city: "Munich" }

describe("an address is looked up in all of them", () => {
  test("a City and an ASN database: the place, the number and the organization in place of a provider", () =>
    withFiles([cities, numbers], (geo) => {
      expect(geo.locate("8.8.8.8")).toEqual({ ...germany, asn: 4_200_000_001, isp: "Example Transit" })
      expect(geo.locate("2606:4700::1111")).toEqual(geo.locate("8.8.8.8"))
      expect(geo.database).toMatch(/^GeoIP2-City \d{4}-\d\d-\d\d, GeoLite2-ASN \d{4}-\d\d-\d\d$/)
    }))

  test("a provider takes precedence over the organization of an earlier database", () =>
    withFiles([numbers, cities, providers], ({ locate }) => {
      expect(locate("8.8.8.8")).toEqual({ ...germany, asn: 4_200_000_001, isp: "Example Broadband" })
    }))

  test("the first database with a country takes precedence, and a city comes only from the same country", async () => {
    const vienna = geoDatabase("GeoLite2-City", {
      country: { iso_code: "AT" },
      city: { names: { en: "Vienna" } }
    })
    await withFiles([countries, vienna], ({ locate }) =>
      expect(locate("8.8.8.8")).toEqual({ country: "DE", city: "XX" })
    )
    await withFiles([countries, cities], ({ locate }) => expect(locate("8.8.8.8")).toEqual(germany))
    await withFiles([vienna, cities], ({ locate }) =>
      expect(locate("8.8.8.8")).toEqual({ country: "AT", city: "Vienna" })
    )
  })

  test("an address that one of them lacks is still looked up in the others", async () => {
    const half = halfGeoDatabase("GeoLite2-ASN", { autonomous_system_number: 64_496 })
    await withFiles([cities, half], ({ locate, details }) => {
      expect(locate("8.8.8.8")).toEqual({ ...germany, asn: 64_496 })
      expect(locate("200.1.1.1")).toEqual(germany)
      expect(details("200.1.1.1")).toMatchObject({ ...germany, region: "BY" })
    })
    const halfCities = halfGeoDatabase("GeoLite2-City", munich)
    await withFiles([halfCities, numbers], ({ locate }) =>
      expect(locate("200.1.1.1")).toMatchObject({ country: "XX", city: "XX", asn: 4_200_000_001 })
    )
  })

  test("one database may contain places and networks", async () => {
    const traits = { autonomous_system_number: 64_496, autonomous_system_organization: "X", isp: "Y" }
    const whole = { asn: 64_496, isp: "Y" }
    for (const type of ["GeoIP2-Enterprise", "DBIP-Location-ISP"]) {
      await withFiles([geoDatabase(type, { ...munich, traits })], ({ locate }) =>
        expect(locate("8.8.8.8")).toEqual({ ...germany, ...whole })
      )
    }
  })

  test("private and invalid addresses have no network either", () =>
    withFiles([cities, numbers, anonymous], ({ locate, details }) => {
      for (const ip of ["10.0.0.1", "::1", "x", ""]) {
        expect(locate(ip)).toEqual({ country: "XX", city: "XX" })
        expect(details(ip)).toEqual({ country: "XX", city: "XX" })
      }
    }))

  test("a place without ASN or ISP databases has no further fields", () =>
    withFiles([cities], ({ locate }) => {
      expect(Object.keys(locate("8.8.8.8"))).toEqual(["country", "city"])
    }))
})

describe("details", () => {
  test("contain all data of MaxMind's databases about an address", () =>
    withFiles([cities, providers, anonymous, connections], ({ details }) => {
      expect(details("::ffff:8.8.8.8")).toEqual({
        ...germany,
        asn: 3320,
        isp: "Example Broadband",
        region: "BY",
        postalCode: "80331",
        timeZone: "Europe/Berlin",
        latitude: 48.1,
        longitude: 11.6,
        accuracyRadius: 20,
        isInEuropeanUnion: true,
        organization: "Example GmbH",
        connectionType: "Cellular",
        anonymity: {
          isAnonymous: true,
          isVpn: false,
          isHostingProvider: false,
          isPublicProxy: false,
          isResidentialProxy: false,
          isTorExitNode: true
        }
      })
    }))

  test("are only the place when MaxMind's library refuses the database", () =>
    withFiles([geoDatabase("city", { country_code: "CH", city: "Bern" })], ({ details }) => {
      expect(details("8.8.8.8")).toEqual({ country: "CH", city: "Bern" })
    }))
})

describe("the start ends with one sentence that names the file", () => {
  const failureOf = async (files: ReadonlyArray<string>): Promise<Failure> => {
    const failure = await Effect.runPromise(
      Effect.flip(GeoIp.use((geo) => Effect.succeed(geo.database)).pipe(Effect.provide(settings(files))))
    )
    if (!(failure instanceof Failure)) throw failure
    expect(failure.reason).toBe("misconfigured")
    return failure
  }

  test("when one of several is missing", async () => {
    const missing = join(folder, "none.mmdb")
    const { message } = await failureOf([await fileOf(cities), missing])
    expect(message).toBe(`The GeoIP database ${missing} cannot be read: the file does not exist.`)
  })

  test("when none of several contains countries", async () => {
    const first = await fileOf(numbers)
    const { message } = await failureOf([first, await fileOf(providers)])
    expect(message).toStartWith(`The GeoIP database ${first} contains no countries (type GeoLite2-ASN `)
  })

  test("when one of several contains no data that Spoor uses", async () => {
    const domains = await fileOf(geoDatabase("GeoIP2-Domain", { domain: "example.com" }))
    const { message } = await failureOf([await fileOf(cities), domains])
    expect(message).toStartWith(`The GeoIP database ${domains} contains no data that Spoor uses (type`)
  })
})

describe("while running", () => {
  const watching = async (
    databases: readonly [Uint8Array, ...ReadonlyArray<Uint8Array>],
    f: (geo: GeoIp["Service"], files: ReadonlyArray<string>, log: ReadonlyArray<string>) => Promise<void>
  ) => {
    const [first, ...others] = databases
    const files = [await fileOf(first), ...(await Promise.all(others.map(fileOf)))] as const
    const log: Array<string> = []
    const logger = Logger.make(({ message }) => void log.push(JSON.stringify(message)))
    const from = layerFiles(files, "10 millis").pipe(Layer.provideMerge(Logger.layer([logger])))
    await use(from, (geo) => f(geo, files, log))
  }

  const replace = async (file: string, bytes: Uint8Array): Promise<void> => {
    await writeFile(`${file}.new`, bytes)
    await rename(`${file}.new`, file)
  }

  test("each file is replaced separately", () =>
    watching([cities, numbers], async (geo, [city = "", asn = ""]) => {
      expect(geo.locate("8.8.8.8").asn).toBe(4_200_000_001)
      await replace(asn, geoDatabase("GeoLite2-ASN", { autonomous_system_number: 64_500 }))
      await eventually("the new number", () => geo.locate("8.8.8.8").asn === 64_500)
      expect(geo.locate("8.8.8.8").city).toBe("Munich")
      await replace(city, countries)
      await eventually("the new place", () => geo.locate("8.8.8.8").city === "XX")
      expect(geo.locate("8.8.8.8")).toMatchObject({ country: "DE", asn: 64_500 })
      expect(geo.details("8.8.8.8").region).toBeUndefined()
    }))

  test("a file without the data of its predecessor is refused, and the others are still watched", () =>
    watching([cities, numbers, connections], async (geo, [city = "", asn = "", connection = ""], log) => {
      await replace(asn, countries)
      await replace(connection, countries)
      await eventually("two warnings", () => log.filter((line) => line.includes("stays in use")).length === 2)
      expect(log.join("\n")).toContain("contains no autonomous systems or internet providers")
      expect(log.join("\n")).toContain("contains no connection types or anonymous networks")
      await replace(city, countries)
      await eventually("the new place", () => geo.locate("8.8.8.8").city === "XX")
      expect(geo.locate("8.8.8.8").asn).toBe(4_200_000_001)
      expect(geo.details("8.8.8.8").connectionType).toBe("Cellular")
    }))
})
