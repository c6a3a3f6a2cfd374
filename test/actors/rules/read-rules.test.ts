/** Rules files: YAML and JSON, and that every mistake is answered with rule, field and line. */
import { describe, expect, test } from "bun:test"
import { loadRules, readRules } from "../../../actors/rules/read-rules.ts"
import { makeRenderer } from "../../../actors/rules/render.ts"

const renderer = makeRenderer({ vars: { STORAGE: "https://storage.example" }, secrets: { KEY: "secret" } })
const sentences = (text: string): ReadonlyArray<string> =>
  readRules(text, renderer).problems.map(({ sentence }) => sentence)

const good = `# A comment.
rules:
  - name: notify-searchers
    when: { type: bud, all: ["params.owner exists"] }
    do: { call: { method: GET, url: "{{ vars.STORAGE }}/bulk/{{ params.owner | url_encode }}" } }
  - name: two-steps
    note: a note
    on: false
    when:
      type: [geo, "app_*"]
      any:
        - params.a = [1, 2]
    often: { once: "{{ params.device }}", within: 10m }
    do:
      - call: { url: "https://geo.example/", as: geo, sign: KEY, bearer: "{{ secrets.KEY }}" }
      - if: "{{ answers.geo.json.ok }}"
        emit: { type: bud, params: { n: "{{ answers.geo.json.n }}" } }
    limits: { concurrency: 2, perSecond: 0.5 }
    for: 2h
`

test("YAML and JSON give the same rules", () => {
  const { rules, problems } = readRules(good, renderer)
  expect(problems).toEqual([])
  expect(rules.map(({ name }) => name)).toEqual(["notify-searchers", "two-steps"])
  for (const json of [JSON.stringify({ rules }), JSON.stringify({ rules }, null, "\t")])
    expect(readRules(json, renderer)).toEqual({ rules, problems: [] })
  expect(loadRules(good, renderer).rules).toHaveLength(2)
  expect(readRules("rules: []", renderer)).toEqual({ rules: [], problems: [] })
})

const rule = (rest: string): string => `rules:\n  - name: one\n    when: {}\n${rest}`
const call = (rest: string): string => rule(`    do:\n      call:\n        url: https://a.example\n${rest}`)

describe("mistakes", () => {
  const cases: ReadonlyArray<readonly [what: string, text: string, sentence: string]> = [
    ["no YAML", "rules: [", "line 1: Invalid YAML: "],
    [
      "two documents",
      "rules: []\n---\nrules: []",
      "line 2: Invalid YAML: The text has several documents: write one, without a line ---."
    ],
    ["a tab", "rules:\n\t- name: x", "line 2: Invalid YAML: "],
    ["a key twice", "rules: []\nrules: []", "line 2: Invalid YAML: Map keys must be unique"],
    ["an unknown tag", "rules: !!js/function x", "line 1: Invalid YAML: "],
    ["nothing", "", "The file is empty"],
    ["a list", "- name: x", "line 1: The file must be an object with the field rules"],
    ["another field", "rules: []\nrule: 1", 'line 1: The file has the unknown field "rule"'],
    ["no list", "rules: 1", "line 1: The field rules must be a list."],
    ["no object", "rules: [1]", 'line 1, rule "number 1": A rule must be an object'],
    [
      "an invalid name",
      "rules:\n  - name: One\n    when: {}\n    do: { emit: { type: x } }",
      'line 2, rule "One", field name: It must be 1 to 64'
    ],
    [
      "no name",
      "rules:\n  - when: {}\n    do: { emit: { type: x } }",
      'line 2, rule "number 1", field name: It is missing.'
    ],
    [
      "a URL with a template without quotes",
      rule("    do: { call: { url: https://a.example/{{ params.id }} } }"),
      "line 4: Invalid YAML: Unexpected flow-map-start at node end: put a text with {{ }} in quotes."
    ],
    [
      "a template without quotes",
      rule("    do: { call: { url: {{ params.url }} } }"),
      'line 4, rule "one", field do.call.url: It must be a text: put a template, a number, true or false in quotes.'
    ],
    [
      "no boolean of YAML 1.2",
      rule("    on: no\n    do: { emit: { type: x } }"),
      'line 4, rule "one", field on: It must be true or false.'
    ],
    [
      "one condition instead of a list",
      "rules:\n  - name: one\n    when: { all: params.a exists }\n    do: { emit: { type: x } }",
      'line 3, rule "one", field when.all: It must be a list.'
    ],
    ...["/orders", "ftp://a.example/x", "a.example/{{ params.id }}", "", "http://"].map(
      (url) =>
        [
          `the URL "${url}"`,
          rule(`    do: { call: { url: "${url}" } }`),
          'line 4, rule "one", field do.call.url: The URL must begin with http:// or https:// and a host'
        ] as const
    ),
    ["no do", rule(""), 'line 2, rule "one", field do: It is missing'],
    [
      "a misspelled field",
      rule("    ofen: each\n    do: { emit: { type: x } }"),
      'line 4, rule "one", field ofen: There is no field'
    ],
    [
      "two kinds in a step",
      rule("    do: { emit: { type: x }, notify: { device: x } }"),
      'line 4, rule "one", field do: A step must have exactly one'
    ],
    ["no kind", rule("    do: { cal: {} }"), 'line 4, rule "one", field do: A step must have exactly one'],
    [
      "a field of a call",
      call("        methd: GET"),
      'line 7, rule "one", field do.call.methd: There is no field'
    ],
    [
      "a method",
      call("        method: get"),
      'line 7, rule "one", field do.call.method: It must be "GET" or "POST"'
    ],
    [
      "a duration",
      call("        timeout: soon"),
      'line 7, rule "one", field do.call.timeout: It must be a duration like'
    ],
    [
      "a long timeout",
      call("        timeout: 10m"),
      'line 7, rule "one", field do.call.timeout: The timeout must be'
    ],
    [
      "a status",
      call("        accept: [20]"),
      'line 7, rule "one", field do.call.accept: 20 is not an HTTP status'
    ],
    [
      "a header name",
      call('        headers: { "a b": x }'),
      'line 7, rule "one", field do.call.headers: "a b" is not'
    ],
    [
      "a header of ours",
      call("        headers: { Webhook-Id: x }"),
      'line 7, rule "one", field do.call.headers: Spoor sets'
    ],
    [
      "a body of a GET",
      call("        method: GET\n        body: x"),
      'line 8, rule "one", field do.call.body: A GET request has no body'
    ],
    [
      "a name of an answer",
      call("        as: a-b"),
      'line 7, rule "one", field do.call.as: It must be a name'
    ],
    [
      "often",
      rule("    often: sometimes\n    do: { emit: { type: x } }"),
      'line 4, rule "one", field often: It must be each, or'
    ],
    [
      "often without within",
      rule("    often: { once: x }\n    do: { emit: { type: x } }"),
      'line 4, rule "one", field often.within: It is missing.'
    ],
    [
      "atMost 0",
      rule("    often: { atMost: 0, per: 1m }\n    do: { emit: { type: x } }"),
      'line 4, rule "one", field often.atMost: '
    ],
    [
      "a short window",
      rule("    often: { once: x, within: 1ms }\n    do: { emit: { type: x } }"),
      'line 4, rule "one", field often.within: The duration must be'
    ],
    ["no steps", rule("    do: []"), 'line 4, rule "one", field do: It must be one step'],
    [
      "a second step",
      rule("    do:\n      - emit: { type: x }\n      - emit: { typ: x }"),
      'line 6, rule "one", field do.1.emit.typ: There is no field'
    ],
    [
      "a condition",
      "rules:\n  - name: one\n    when:\n      all:\n        - params.a = 1\n        - a\n    do: { emit: { type: x } }",
      'line 6, rule "one", field when.all.1: The condition "a"'
    ],
    [
      "a filter",
      call('        body: "{{ params.a | upcas }}"'),
      'line 7, rule "one", field do.call.body: The template is invalid: undefined filter: upcas'
    ],
    [
      "an open tag",
      call('        body: "{% if params.a %}"'),
      'line 7, rule "one", field do.call.body: The template is invalid: '
    ],
    [
      "a variable",
      call('        body: "{{ param.a }}"'),
      'line 7, rule "one", field do.call.body: The template reads "param"'
    ],
    [
      "a field of the event",
      call('        body: "{{ event.owner }}"'),
      'line 7, rule "one", field do.call.body: The template reads "event.owner"'
    ],
    [
      "an answer",
      call('        body: "{{ answers.geo.body }}"'),
      'line 7, rule "one", field do.call.body: The template reads "answers.geo"'
    ],
    [
      "answer outside a report",
      call('        body: "{{ answer.body }}"'),
      'line 7, rule "one", field do.call.body: The template reads answer'
    ],
    [
      "a secret in an event",
      rule('    do: { emit: { type: x, params: { a: "{{ secrets.KEY }}" } } }'),
      'line 4, rule "one", field do.emit.params.a: Secrets can be used in calls only'
    ],
    [
      "a secret in a report",
      call('        report: { type: "{{ secrets.KEY }}" }'),
      'line 7, rule "one", field do.call.report.type: Secrets can'
    ],
    [
      "a secret in a key",
      rule('    often: { first: "{{ secrets.KEY }}" }\n    do: { emit: { type: x } }'),
      'line 4, rule "one", field often.first: Secrets can'
    ],
    [
      "a secret that an event chooses",
      call('        body: "{{ secrets[params.a] }}"'),
      'line 7, rule "one", field do.call.body: A secret must be named'
    ],
    [
      "a filter on a secret",
      call('        body: "{{ secrets.KEY | upcase }}"'),
      'line 7, rule "one", field do.call.body: In "{{ secrets.KEY | upcase }}", the filter upcase cannot be used on a secret'
    ],
    [
      "a secret as argument",
      call('        body: "{{ params.a | append: secrets.KEY }}"'),
      'line 7, rule "one", field do.call.body: In '
    ],
    [
      "a compared secret",
      call('        body: "{% if params.a == secrets.KEY %}1{% endif %}"'),
      'line 7, rule "one", field do.call.body: In '
    ]
  ]
  for (const [what, text, sentence] of cases) {
    test(what, () => expect(sentences(text)[0]).toStartWith(sentence))
  }

  test("each rule's problem is found; the others are read", () => {
    const text = `rules:
  - { name: a, when: {}, do: { emit: { type: x } } }
  - { name: b, when: { al: [] }, do: { emit: { type: x } } }
  - { name: a, when: {}, do: { emit: { type: x } } }
  - { name: c, when: {}, do: { emit: { type: x } } }
`
    const { rules, problems } = readRules(text, renderer)
    expect(rules.map(({ name }) => name)).toEqual(["a", "c"])
    expect(problems.map(({ sentence }) => sentence)).toEqual([
      'line 3, rule "b", field when.al: There is no field of this name here.',
      'line 4, rule "a", field name: The rule in line 2 has the same name: choose another one.'
    ])
    expect(() => loadRules(text, renderer)).toThrow(/no field of this name/)
  })
})

describe("a text that would fill the memory is refused", () => {
  test("aliases that multiply", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for (let i = 1; i < 10; i++)
      lines.push(
        `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join(", ")}]`
      )
    expect(sentences(lines.join("\n"))[0]).toMatch(/Invalid YAML: .*alias/)
  })
  test("a file over 1 MiB, and one that is nested too deeply", () => {
    expect(sentences(`rules: "${"x".repeat(1024 * 1024)}"`)).toEqual(["The file is larger than 1 MiB."])
    expect(sentences(`rules: ${"[".repeat(400_000)}`)[0]).toMatch(/Invalid YAML/)
  })
})
