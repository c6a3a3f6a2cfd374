import { expect, test } from "bun:test"
import { encoded } from "../../../bridge/redis/resp.ts"
import { type ByteString, bytesOf } from "../../../contracts/event.ts"

test("a command is the number of its parts, then each part after its length in bytes", () => {
  const any = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join("") as ByteString
  const command = encoded(["PUSH" as ByteString, bytesOf("ä"), "" as ByteString, any])
  expect(command.toString("latin1")).toBe(`*4\r\n$4\r\nPUSH\r\n$2\r\nÃ¤\r\n$0\r\n\r\n$256\r\n${any}\r\n`)
})
