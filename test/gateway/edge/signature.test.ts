/** The signature of an edge's request: a fixed example for other languages, and what it covers. */
import { expect, test } from "bun:test"
import { isSignedWith, readSignature, signBody } from "../../../gateway/edge/signature.ts"

const body = new TextEncoder().encode("body")
const example = "t=1795206900,v1=e930988205bbaa7cca7a551e7c0b6f45ff5555e98aef504b3c0403e201493454"

test("is HMAC-SHA-256 of the time, a dot and the body, in hex", () => {
  // printf '1795206900.body' | openssl dgst -sha256 -hmac 'a-secret-of-the-edge'
  expect(signBody("a-secret-of-the-edge", 1_795_206_900, body)).toBe(example)
})

test("matches only its secret, time and body", () => {
  const signature = readSignature(example)
  if (signature === undefined) throw new Error("The example cannot be read.")
  expect(isSignedWith("a-secret-of-the-edge", signature, body)).toBe(true)
  expect(isSignedWith("a-secret-of-the-edgf", signature, body)).toBe(false)
  expect(isSignedWith("a-secret-of-the-edge", signature, body.slice(1))).toBe(false)
  expect(isSignedWith("a-secret-of-the-edge", { ...signature, seconds: 1_795_206_901 }, body)).toBe(false)
})

test("another form is not read", () => {
  for (const header of [
    null,
    "",
    "t=1",
    `${example},v1=00`,
    example.toUpperCase(),
    ` ${example}`,
    example.slice(0, -1)
  ])
    expect(readSignature(header)).toBeUndefined()
})
