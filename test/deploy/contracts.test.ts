/** What `bun run contracts` writes: it is current, valid, agrees with the vectors, and is code of its language. */
import { describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Parser } from "@asyncapi/parser"
import Ajv2020, { type ValidateFunction } from "ajv/dist/2020"
import { Schema } from "effect"
import { actorNames } from "../../actors/all.ts"
import type { RawBatchV2, ReplyV2, StepReplyV2, TapEventV1 } from "../../contracts/generated/messages.ts"
import { allMessages } from "../../contracts/messages/all-messages.ts"
import { decode } from "../../contracts/messages/msgpack.ts"
import { RawMessage2 } from "../../contracts/messages/raw-batch.ts"
import { Reply2 } from "../../contracts/messages/reply.ts"
import { StepReply } from "../../contracts/messages/step.ts"
import { TapEvent } from "../../contracts/tap-event.ts"
import { outdatedFiles } from "../../deploy/contracts/generate.ts"
import { schemasOf } from "../../deploy/contracts/json-schema.ts"
import { isMissing } from "../support/missing.ts"

const contracts = join(import.meta.dirname, "..", "..", "contracts")
const generated = join(contracts, "generated")
const read = (...path: ReadonlyArray<string>): string => readFileSync(join(contracts, ...path), "utf8")

test("contracts/generated and contracts/vectors are current: run bun run contracts", async () => {
  expect(await outdatedFiles()).toEqual([])
}, 30_000)

describe("the AsyncAPI document", () => {
  const document = JSON.parse(read("generated", "asyncapi.json")) as {
    readonly channels: Readonly<Record<string, { readonly address: string | null }>>
    readonly operations: Readonly<
      Record<string, { readonly bindings?: { readonly nats?: { readonly queue: string } } }>
    >
    readonly info: { readonly tags: ReadonlyArray<{ readonly name: string }> }
  }

  test("is valid, and a spoiled one is not", async () => {
    const problems = async (text: string) =>
      (await new Parser().parse(text)).diagnostics.filter(({ severity }) => severity < 2)
    expect(await problems(JSON.stringify(document))).toEqual([])
    expect(
      await problems(JSON.stringify({ ...document, operations: { a: { action: "shout" } } }))
    ).not.toEqual([])
  }, 60_000)

  test("has every subject, queue group and actor", () => {
    const addresses = Object.values(document.channels).map(({ address }) => address)
    for (const { formats } of allMessages)
      for (const { subject } of Object.values(formats))
        if (subject !== undefined)
          expect(addresses).toContain(subject.replaceAll("<", "{").replaceAll(">", "}"))
    for (const kind of ["PING", "INFO", "STATS"])
      for (const suffix of ["", ".{service}", ".{service}.{instance}"])
        expect(addresses).toContain(`$SRV.${kind}${suffix}`)
    const queues = Object.values(document.operations).map(({ bindings }) => bindings?.nats?.queue)
    for (const { queue } of allMessages) if (queue !== undefined) expect(queues).toContain(queue)
    expect(document.info.tags.map(({ name }) => name)).toEqual([...actorNames])
  })

  test("is the source of the page: every subject, message and type is on it once, and every link leads somewhere", () => {
    const page = read("generated", "index.html")
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => id?.startsWith("subject-"))).toHaveLength(Object.keys(document.channels).length)
    for (const [, link] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(link)
    const files = [...readdirSync(generated), ...readdirSync(join(generated, "schemas"))]
    for (const [, file = ""] of page.matchAll(/href="\/contracts\/([^"]+)"/g)) expect(files).toContain(file)
  })
})

describe("the JSON Schemas", () => {
  const ajv = new Ajv2020({
    strict: true,
    allErrors: true,
    formats: { int64: true },
    keywords: ["x-msgpack"]
  })
  const validators = new Map<string, ValidateFunction>()
  for (const name of readdirSync(join(generated, "schemas")))
    validators.set(name, ajv.compile(JSON.parse(read("generated", "schemas", name))))

  /** `{"base64": "…"}` as the text of its bytes. */
  const asText = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value
    if (Array.isArray(value)) return value.map(asText)
    if ("base64" in value) return value.base64
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, asText(one)]))
  }

  test("accept every vector, and refuse it without one of its fields", () => {
    const { vectors } = JSON.parse(read("vectors", "index.json")) as {
      readonly vectors: ReadonlyArray<{
        readonly message: string
        readonly format: number
        readonly json: string
      }>
    }
    for (const { message, format, json } of vectors) {
      const validate = validators.get(`${message}.${format}.json`)
      const value = asText(JSON.parse(read("vectors", json))) as Record<string, unknown>
      expect([json, validate?.(value), validate?.errors]).toEqual([json, true, null])
      expect([json, validate?.({ ...value, [Object.keys(value)[0] ?? ""]: undefined })]).toEqual([
        json,
        false
      ])
    }
  })

  test("say what each field means: a message without descriptions is refused with its name", () => {
    const [first] = allMessages
    if (first === undefined) throw new Error("There are no messages.")
    const spoiled = { ...first, formats: { 1: { schema: Schema.Struct({ bare: Schema.String }) } } }
    expect(() => schemasOf([spoiled])).toThrow("raw-batch.1: the field bare has no description")
  })
})

describe("the types", () => {
  const decoded = <A>(schema: Schema.Codec<A>, path: string): A =>
    Schema.decodeUnknownSync(schema)(decode(readFileSync(join(contracts, "vectors", path))))

  test("of TypeScript fit what our schemas decode: this compiles, and its fields are there", () => {
    const raw: RawBatchV2 = decoded(RawMessage2, "raw-batch.2/mixed.msgpack")
    const reply: ReplyV2 = decoded(Reply2, "reply.2/some-rejected.msgpack")
    const step: StepReplyV2 = decoded(StepReply, "step-reply.2/added.msgpack")
    const tapped: TapEventV1 = Schema.decodeUnknownSync(TapEvent)(
      JSON.parse(read("vectors", "tap-event.1", "stored.json"))
    )
    expect([raw.v, raw.texts instanceof Uint8Array, raw.topics.length]).toEqual([2, true, 3])
    expect("receipt" in reply && reply.receipt.rejected[0]?.reason).toBe("not enriched")
    expect("step" in step && step.step.added[0]?.params.score).toBe("0.97")
    expect(tapped.times.logged).toBe(1_795_206_900_723)
  })

  const has = (program: string): boolean => spawnSync(program, ["--help"]).error === undefined

  test("of Python can be imported and evaluated", () => {
    if (!has("python3"))
      return isMissing("Python is missing, so messages.py is not checked. Install python3.")
    const program = [
      "import messages, typing",
      "types = [one for one in vars(messages).values() if isinstance(one, type) and typing.is_typeddict(one)]",
      "print(len([typing.get_type_hints(one) for one in types]))"
    ].join("\n")
    const { stdout, stderr } = spawnSync("python3", ["-B", "-c", program], {
      cwd: generated,
      encoding: "utf8"
    })
    expect(stderr).toBe("")
    expect(Number(stdout)).toBeGreaterThan(30)
  })

  test("of Go are formatted, compile, and keep JSON as it is", () => {
    if (!has("go")) return isMissing("Go is missing, so messages.go is not checked. Install golang-go.")
    const folder = mkdtempSync(join(tmpdir(), "spoor-go-"))
    writeFileSync(join(folder, "go.mod"), "module messages\n\ngo 1.22\n")
    writeFileSync(join(folder, "messages.go"), read("generated", "messages.go"))
    writeFileSync(join(folder, "messages_test.go"), goTest(join(contracts, "vectors")))
    const run = (program: string, ...args: ReadonlyArray<string>) =>
      spawnSync(program, args, {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, GOFLAGS: "-mod=mod", GOTOOLCHAIN: "local" }
      })
    expect(run("gofmt", "-l", ".").stdout).toBe("")
    const { stdout, stderr, status } = run("go", "test", "./...")
    rmSync(folder, { recursive: true })
    expect([status, stdout + stderr]).toEqual([0, expect.stringContaining("ok")])
  }, 120_000)
})

/** Reads JSON vectors into the types and writes them again: nothing may be lost. */
const goTest = (vectors: string): string => `package messages

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"testing"
)

func check(t *testing.T, path string, into any) {
	text, err := os.ReadFile(${JSON.stringify(vectors)} + "/" + path)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatal(path, err)
	}
	again, err := json.Marshal(into)
	if err != nil {
		t.Fatal(err)
	}
	var before, after any
	_ = json.Unmarshal(text, &before)
	_ = json.Unmarshal(again, &after)
	if !reflect.DeepEqual(before, after) {
		t.Fatalf("%s: %s became %s", path, text, again)
	}
}

func TestMessages(t *testing.T) {
	check(t, "raw-batch.1/traces.json", &RawBatchV1{})
	check(t, "reply.2/some-rejected.json", &ReplyV2{})
	check(t, "reply.2/stored.json", &ReplyV2{})
	check(t, "reply.2/failure-newer-format.json", &ReplyV2{})
	check(t, "step-reply.2/failed.json", &StepReplyV2{})
	check(t, "batch-progress.2/rejected.json", &BatchProgressV2{})
	check(t, "consumer-progress.2/consumed.json", &ConsumerProgressV2{})
	check(t, "copies.1/rejected.json", &CopiesV1{})
	check(t, "tap-event.1/stored.json", &TapEventV1{})
	check(t, "actor-figures.1/counter.json", &ActorFiguresV1{})
}
`
