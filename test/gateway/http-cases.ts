/** The cases of each format and each error at a socket: requests, their responses and their lines. */
import { gzipSync } from "node:zlib"

export interface Case {
  readonly name: string
  readonly method?: string
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly status: number
  /** A part of the response's body. */
  readonly says?: string
  /** Path and query of each resulting line. */
  readonly lines?: ReadonlyArray<string>
}

export const json = { "content-type": "application/json" }
const form = { "content-type": "application/x-www-form-urlencoded" }
const ok = '{"status":"ok"}'
export const token = "a-token-of-links-0123456789abcdef"
export const auth = { authorization: `Bearer ${token}` }
const logLine = '203.0.113.9 - - [21/Nov/2026:01:10:43 +0000] "GET /x HTTP/1.1" 200 6 "-" "ua"'
const post = "POST"

export const cases: ReadonlyArray<Case> = [
  { name: "any path", target: "/event?d=1", status: 200, says: ok, lines: ["/event d=1"] },
  { name: "HEAD", method: "HEAD", target: "/event?d=2", status: 200, says: "", lines: ["/event d=2"] },
  { name: "a pixel", target: "/t/open.gif?d=3", status: 200, says: "GIF89a", lines: ["/t/open d=3"] },
  { name: "the root with a query", target: "/?d=4", status: 200, says: ok, lines: ["/ d=4"] },
  { name: "the root", target: "/", status: 200, says: ok },
  { name: "the icon", target: "/favicon.ico", status: 200, says: "GIF89a" },
  { name: "the icon of Apple", target: "/apple-touch-icon-120x120.png", status: 200, says: "GIF89a" },
  { name: "the root by HEAD", method: "HEAD", target: "/", status: 200, says: "" },
  {
    name: "an image is wanted",
    target: "/t/open?d=5",
    headers: { accept: "image/avif,image/webp,*/*" },
    status: 200,
    says: "GIF89a",
    lines: ["/t/open d=5"]
  },
  {
    name: "an id of the client",
    target: "/event?d=6",
    headers: { "idempotency-key": "k" },
    status: 200,
    says: ok,
    lines: ["/event d=6&idempotency_key=k"]
  },
  { name: "robots", target: "/robots.txt", status: 200, says: "Disallow: /" },
  {
    name: "JSON",
    method: post,
    target: "/t/a",
    headers: json,
    body: '{"a":{"b":1}}',
    status: 200,
    says: ok,
    lines: ["/t/a a[b]=1"]
  },
  {
    name: "a form",
    method: post,
    target: "/t/a",
    headers: form,
    body: "a=1&b=2",
    status: 200,
    says: ok,
    lines: ["/t/a a=1&b=2"]
  },
  {
    name: "text as browsers send it",
    method: post,
    target: "/t/a?q=0",
    headers: { "content-type": "text/plain;charset=UTF-8" },
    body: '{"a":[1]}',
    status: 200,
    says: ok,
    lines: ["/t/a q=0&a[0]=1"]
  },
  {
    name: "compressed",
    method: post,
    target: "/t/z",
    headers: { ...form, "content-encoding": "gzip" },
    body: gzipSync("a=1"),
    status: 200,
    says: ok,
    lines: ["/t/z a=1"]
  },
  {
    name: "a batch",
    method: post,
    target: "/batch",
    headers: json,
    body: '[{"event":"a","params":{"a":1}},7]',
    status: 200,
    says: '{"verdicts":[{"verdict":"ok"},{"verdict":"rejected"',
    lines: ["/t/a a=1"]
  },
  {
    name: "a batch in an object",
    method: post,
    target: "/batch",
    headers: json,
    body: '{"events":[{"event":"a","ts":1,"id":"i"}]}',
    status: 200,
    says: '{"verdicts":[{"verdict":"ok"}]}',
    lines: ["/t/a ts=1&idempotency_key=i"]
  },
  {
    name: "lines of JSON",
    method: post,
    target: "/batch",
    headers: { "content-type": "application/x-ndjson" },
    body: '{"event":"a"}\n{"event":"b"}',
    status: 200,
    says: '"ok"},{"verdict":"ok"}',
    lines: ["/t/a e", "/t/b e"]
  },
  {
    name: "a click",
    method: post,
    target: "/track",
    headers: json,
    body: '{"username":"u","target":"t","description":"CLICK"}',
    status: 200,
    says: ok,
    lines: ["/track username=u&target=t&description=CLICK"]
  },
  { name: "a beacon", target: "/api/v1/beacon?a=1", status: 204, says: "", lines: ["/api/v1/beacon a=1"] },
  {
    name: "a beacon as browsers send it",
    method: post,
    target: "/api/v1/beacon",
    headers: { "content-type": "text/plain;charset=UTF-8" },
    body: '{"a":1}',
    status: 204,
    says: "",
    lines: ["/api/v1/beacon a=1"]
  },
  {
    name: "a beacon as a form",
    method: post,
    target: "/api/v1/beacon",
    headers: form,
    body: "a=2",
    status: 204,
    says: "",
    lines: ["/api/v1/beacon a=2"]
  },
  {
    name: "a server log",
    method: post,
    target: "/api/v1/beacon/log",
    headers: { "content-type": "text/plain" },
    body: `${logLine}\nx`,
    status: 200,
    says: '"taken":1,"rejected":1',
    lines: ["/api/v1/beacon/log method=GET&url=%2Fx&protocol=HTTP%2F1.1&status=200&bytes=6&ts=1795223443000"]
  },
  {
    name: "a preflight",
    method: "OPTIONS",
    target: "/batch",
    headers: { origin: "https://a.example", "access-control-request-method": "POST" },
    status: 204
  },
  {
    name: "a field that is wrong",
    method: post,
    target: "/track",
    headers: json,
    body: '{"username":"u","target":"t","description":"X"}',
    status: 400,
    says: '"error":"bad-request"'
  },
  {
    name: "a preflight of what is for no page",
    method: "OPTIONS",
    target: "/api/v1/links",
    headers: { origin: "https://a.example", "access-control-request-method": "POST" },
    status: 405,
    says: '"error":"method-not-allowed"'
  },
  { name: "no token", target: "/api/v1/links", status: 401, says: '"error":"unauthorized"' },
  { name: "links", target: "/api/v1/links", headers: auth, status: 200, says: '"links"' },
  { name: "no link", target: "/click/none/go", status: 404, says: '"error":"not-found"' },
  {
    name: "another method",
    method: "PUT",
    target: "/t/a",
    status: 405,
    says: '"error":"method-not-allowed"'
  },
  {
    name: "a body that never comes",
    method: post,
    target: "/t/a",
    headers: { ...form, "content-length": "9" },
    body: "a=1",
    status: 408,
    says: '"error":"timeout"'
  },
  {
    name: "a body that is too large",
    method: post,
    target: "/t/a",
    headers: form,
    body: "x".repeat(20_001),
    status: 413,
    says: '"error":"too-large"'
  },
  {
    name: "a bomb",
    method: post,
    target: "/t/a",
    headers: { ...form, "content-encoding": "gzip" },
    body: gzipSync(new Uint8Array(2_000_000)),
    status: 413,
    says: '"error":"too-large"'
  },
  {
    name: "a target that is too long",
    target: `/t/a?${"x".repeat(20_480)}`,
    status: 414,
    says: '"error":"uri-too-long"'
  },
  {
    name: "another coding",
    method: post,
    target: "/t/a",
    headers: { "content-encoding": "gzip, gzip" },
    body: "x",
    status: 415,
    says: '"error":"unsupported-media-type"'
  },
  {
    name: "another type",
    method: post,
    target: "/batch",
    headers: { "content-type": "image/png" },
    body: "x",
    status: 415,
    says: '"error":"unsupported-media-type"'
  },
  {
    name: "too many at once",
    method: post,
    target: "/batch",
    headers: json,
    body: `[${'{"event":"a"},'.repeat(400)}7]`,
    status: 429,
    says: '"error":"too-many-requests"'
  }
]
