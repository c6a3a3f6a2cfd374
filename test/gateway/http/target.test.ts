import { describe, expect, test } from "bun:test"
import { targetOf } from "../../../gateway/http/target.ts"

describe("the path and query of a URL", () => {
  const cases: ReadonlyArray<readonly [url: string, path: string, query: string]> = [
    ["http://trk.example.com/t/app_open?deviceid=abcdf", "/t/app_open", "deviceid=abcdf"],
    ["http://trk:5222/t/ist?a=1&a=2&b[c]=d", "/t/ist", "a=1&a=2&b[c]=d"],
    ["https://x/a%20b/c//?x=%20", "/a%20b/c//", "x=%20"],
    ["http://h/%zz?%zz=%4", "/%zz", "%zz=%4"],
    ["http://h/?a?b/c", "/", "a?b/c"],
    ["http://h/t/x?", "/t/x", ""],
    ["http://h", "/", ""],
    ["http://h?a=/b", "/", "a=/b"],
    ["http://h//evil.example/x", "//evil.example/x", ""],
    ["http://[::1]:80/t/x?y", "/t/x", "y"],
    ["/t/x?y=http://z/", "/t/x", "y=http://z/"]
  ]
  for (const [url, path, query] of cases) {
    test(url, () => expect(targetOf(url)).toEqual({ path, query } as ReturnType<typeof targetOf>))
  }

  test("text beyond ASCII is its UTF-8 bytes, one character each", () => {
    expect(targetOf("http://h/t/é?q=€")).toEqual({ path: "/t/\xc3\xa9", query: "q=\xe2\x82\xac" } as never)
  })
})
